import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema, RetryInfoSchema } from '../api/google/rpc/error_details_pb.js';

/** Reasons beside the server's (docs/errors.md): what the client found out by itself. */
export type ClientReason =
  /** No server could be reached: nothing was done. */
  | 'UNREACHABLE'
  /** The connection broke, or no answer came in time: it may have been done or not. */
  | 'CONNECTION_LOST'
  /** No secure connection came about, or only one was wanted: nothing was done. */
  | 'TLS_FAILED'
  /** What answers is no Holdfast server, or an older one. */
  | 'UNIMPLEMENTED'
  /** The outbox's storage can't be written: the message is tried again later. */
  | 'OUTBOX_FAILED';

const sentences = {
  UNREACHABLE: 'No server can be reached.',
  CONNECTION_LOST: 'The connection broke before the answer came: it may have been done or not.',
};

/** What a server says of itself: another one may do better. */
const serverTrouble = new Set([
  'UNREACHABLE',
  'TLS_FAILED',
  'CONNECTION_LOST',
  'STORE_UNAVAILABLE',
  'OUTCOME_UNKNOWN',
  'SHUTTING_DOWN',
]);

const undone = new Set([
  'UNREACHABLE',
  'TLS_FAILED',
  'STORE_UNAVAILABLE',
  'SHUTTING_DOWN',
  'CONTENDED',
  'IMPORT_UNFINISHED',
]);

/** What may pass without anybody's doing, though not within a call's patience. */
const passing = new Set(['INTERNAL', 'STORE_FULL', 'UNIMPLEMENTED', 'OUTBOX_FAILED']);

/** Why a call failed. */
export class ClientError extends Error {
  override readonly name = 'ClientError';

  constructor(
    readonly code: Code,
    /** The server's stable reason, or a `ClientReason`. */
    readonly reason: string,
    message: string,
    options: {
      /** Milliseconds after which trying again makes sense. */
      readonly retryDelay?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: options.cause });
    this.retryDelay = options.retryDelay;
  }

  readonly retryDelay: number | undefined;

  static from(cause: unknown): ClientError {
    for (let at = cause, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
      if (at instanceof ClientError) return at;
    }
    const error = ConnectError.from(cause);
    const info = error.findDetails(ErrorInfoSchema).find(({ domain }) => domain === 'holdfast');
    if (info) {
      const [retry] = error.findDetails(RetryInfoSchema);
      const delay = retry?.retryDelay;
      const retryDelay = delay && Number(delay.seconds) * 1_000 + delay.nanos / 1_000_000;
      return new ClientError(error.code, info.reason, error.rawMessage, { retryDelay, cause });
    }
    // No answer of a Holdfast server: a proxy's, a login page's, or none at all.
    if (wasNotSent(error)) return ClientError.ofConnection('UNREACHABLE', cause);
    if (error.code !== Code.Unimplemented) return ClientError.ofConnection('CONNECTION_LOST', cause);
    return new ClientError(error.code, 'UNIMPLEMENTED', 'This server does not know the call.', { cause });
  }

  /** No answer came in time, or a connection is given up. */
  static lost(): ClientError {
    return ClientError.ofConnection('CONNECTION_LOST', undefined);
  }

  private static ofConnection(reason: keyof typeof sentences, cause: unknown): ClientError {
    return new ClientError(Code.Unavailable, reason, sentences[reason], { cause });
  }

  /** The server can't serve now, or can't be reached: another one may do better. */
  get serverFailed(): boolean {
    return serverTrouble.has(this.reason);
  }

  /** The server asked to be given time: it has done nothing, and will when it is asked again. */
  get busy(): boolean {
    return this.code === Code.ResourceExhausted && this.retryDelay !== undefined;
  }

  /** Nothing has been done: trying again is safe for any call. */
  get nothingDone(): boolean {
    return this.busy || undone.has(this.reason);
  }

  /** Worth trying again for a call that may be made twice. */
  get worthRepeating(): boolean {
    return this.nothingDone || this.serverFailed;
  }

  /** The token is no longer good. */
  get sessionOver(): boolean {
    return this.code === Code.Unauthenticated && this.reason !== 'CREDENTIALS_WRONG';
  }

  /** Asking again will never help; false also when the outcome is not known. */
  get final(): boolean {
    if (this.worthRepeating || this.sessionOver) return false;
    // Also for a reason of newer servers.
    return this.code !== Code.Unavailable && !passing.has(this.reason);
  }
}

/** Whether the call failed while connecting: an address that can't be found, or where nobody listens. */
function wasNotSent(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const { syscall } = at as { syscall?: unknown };
    if (syscall === 'connect' || syscall === 'getaddrinfo') return true;
    if (at instanceof AggregateError && at.errors.length > 0 && at.errors.every(wasNotSent)) return true;
  }
  return false;
}
