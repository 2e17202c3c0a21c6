import { Code, ConnectError } from '@connectrpc/connect';
import { ErrorInfoSchema, RetryInfoSchema } from '../api/google/rpc/error_details_pb.js';

/** Reasons beside the server's (docs/errors.md): what the client found out by itself. */
export type ClientReason =
  /** No server could be reached: nothing was done. */
  | 'UNREACHABLE'
  /** The connection broke before the answer: it may have been done or not. */
  | 'CONNECTION_LOST';

/** Why a call failed. */
export class ClientError extends Error {
  override readonly name = 'ClientError';

  private constructor(
    readonly code: Code,
    /** The server's stable reason, or a `ClientReason`. */
    readonly reason: string,
    message: string,
    /** Milliseconds after which trying again makes sense. */
    readonly retryDelay: number | undefined,
    cause: unknown,
  ) {
    super(message, { cause });
  }

  static from(cause: unknown): ClientError {
    if (cause instanceof ClientError) return cause;
    const error = ConnectError.from(cause);
    const [info] = error.findDetails(ErrorInfoSchema);
    const [retry] = error.findDetails(RetryInfoSchema);
    const delay = retry?.retryDelay;
    const retryDelay = delay && Number(delay.seconds) * 1_000 + delay.nanos / 1_000_000;
    if (info) return new ClientError(error.code, info.reason, error.rawMessage, retryDelay, cause);
    if (wasNotSent(error)) {
      return new ClientError(error.code, 'UNREACHABLE', 'No server can be reached.', undefined, cause);
    }
    const lost = error.code === Code.Unavailable || error.code === Code.DeadlineExceeded;
    const broken = lost || error.code === Code.Aborted || error.code === Code.Internal;
    if (broken) {
      const message = 'The connection broke before the answer came: it may have been done or not.';
      return new ClientError(Code.Unavailable, 'CONNECTION_LOST', message, undefined, cause);
    }
    return new ClientError(error.code, Code[error.code], error.rawMessage, undefined, cause);
  }

  /** Another server may do better, and nothing has been done yet. */
  get nothingDone(): boolean {
    return ['UNREACHABLE', 'STORE_UNAVAILABLE', 'SHUTTING_DOWN', 'CONTENDED'].includes(this.reason);
  }

  /** Another server may do better, for a call that may be made twice. */
  get worthRepeating(): boolean {
    return this.nothingDone || ['CONNECTION_LOST', 'OUTCOME_UNKNOWN'].includes(this.reason);
  }

  get sessionOver(): boolean {
    return this.code === Code.Unauthenticated;
  }
}

const notSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
]);

function wasNotSent(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    if (notSent.has(String((at as { code?: unknown }).code))) return true;
    if (at instanceof AggregateError && at.errors.some(wasNotSent)) return true;
  }
  return false;
}
