import type { UniversalServerResponse } from '@connectrpc/connect/protocol';
import { errorToJsonBytes } from '@connectrpc/connect/protocol-connect';
import { ChatError } from '../chat/chat-error.js';
import type { Reason } from '../chat/chat-error.js';
import { Refusal } from './refusal.js';

type RefusedBody = { readonly code?: string; readonly details?: readonly unknown[] };

const reasons: Partial<Record<string, Reason>> = {
  invalid_argument: 'REQUEST_MALFORMED',
  resource_exhausted: 'REQUEST_TOO_LARGE',
};

/** Connect refuses what it can't parse by itself, without a reason: this gives the answer one (guarantee G10). */
export async function explained(response: UniversalServerResponse): Promise<UniversalServerResponse> {
  const { status, header, body } = response;
  if (status === 200 || body === undefined || header?.get('content-type') !== 'application/json')
    return response;
  const chunks = [];
  for await (const chunk of body) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const { code = '', details } = JSON.parse(bytes.toString()) as RefusedBody;
  const reason = reasons[code];
  if (details !== undefined || reason === undefined) return { ...response, body: once(bytes) };
  const error = new Refusal(new ChatError(reason)).toConnectError();
  header.delete('content-length');
  return { ...response, body: once(errorToJsonBytes(error, undefined)) };
}

// eslint-disable-next-line @typescript-eslint/require-await -- the answer's body is a stream
async function* once(bytes: Uint8Array) {
  yield bytes;
}
