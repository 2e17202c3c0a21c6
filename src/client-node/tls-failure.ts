import { connect } from 'node:tls';
import { Code } from '@connectrpc/connect';
import { ClientError } from '../client/client-error.js';

const unknownAuthority = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_CA',
]);
/** What OpenSSL says of bytes that are no TLS. */
const noTls = new Set([
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_SSL_PACKET_LENGTH_TOO_LONG',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_UNKNOWN_PROTOCOL',
]);
/** Milliseconds. */
const probeTime = 1_000;

/** Why no secure connection to a server, HOST:PORT, came about, for a person; undefined: something else went wrong. */
export function tlsFailure(server: string, cause: unknown): ClientError | undefined {
  for (let at = cause, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const { code } = at as { code?: unknown };
    // A number is Connect's own.
    const sentence = typeof code === 'string' ? sentenceFor(server, code, at.message) : undefined;
    if (sentence !== undefined) return failure(sentence, cause);
  }
  return undefined;
}

/** For plain text that a server has not understood: whether it wants TLS. */
export async function wantsTls(server: string, cause: unknown): Promise<ClientError | undefined> {
  if (!(await speaksTls(server))) return undefined;
  return failure(`${server} speaks TLS only: name it as https://${server}`, cause);
}

function sentenceFor(server: string, code: string, message: string): string | undefined {
  if (code === 'CERT_HAS_EXPIRED') return `The certificate of ${server} has expired.`;
  if (code === 'CERT_NOT_YET_VALID') {
    return `The certificate of ${server} is not valid yet: one of the two clocks is wrong.`;
  }
  if (unknownAuthority.has(code)) {
    return `The certificate of ${server} is of an authority that is not trusted here: --ca FILE names one to trust.`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `The certificate of ${server} is for other names.`;
  if (noTls.has(code)) return `${server} does not speak TLS: http://${server} speaks to it in plain text.`;
  const other = code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code.startsWith('CERT_');
  return other ? `No secure connection to ${server}: ${message.trim()}` : undefined;
}

function failure(sentence: string, cause: unknown): ClientError {
  return new ClientError(Code.Unavailable, 'TLS_FAILED', sentence, { cause });
}

/** Asks for a handshake only; nothing is said over it. */
async function speaksTls(server: string): Promise<boolean> {
  const [, host = '', port] = /^\[?(.+?)\]?:(\d+)$/.exec(server) ?? [];
  return new Promise((resolve) => {
    const options = { host, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['h2'] };
    const socket = connect({ ...options, timeout: probeTime });
    const answer = (yes: boolean) => () => {
      resolve(yes);
      socket.destroy();
    };
    socket.once('secureConnect', answer(true));
    for (const event of ['timeout', 'close']) socket.once(event, answer(false));
    socket.on('error', answer(false));
  });
}
