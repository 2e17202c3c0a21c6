import { fromBinary, fromJsonString } from '@bufbuild/protobuf';
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { ChatError } from '../chat/chat-error.js';

/** Bytes of a request. */
export const maxRequestBytes = 1_024 * 1_024;

/** Throws REQUEST_TOO_LARGE, REQUEST_MALFORMED or REQUEST_TEXT_MALFORMED. */
export function parseBinary<D extends DescMessage>(input: D, bytes: Uint8Array): MessageShape<D> {
  return parse(bytes, () => fromBinary(input, bytes));
}

/** As `parseBinary`, of ProtoJSON. Fields that are not known are none. */
export function parseJson<D extends DescMessage>(input: D, bytes: Uint8Array): MessageShape<D> {
  return parse(bytes, () => {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return fromJsonString(input, text, { ignoreUnknownFields: true });
  });
}

function parse<T>(bytes: Uint8Array, act: () => T): T {
  if (bytes.length > maxRequestBytes) throw new ChatError('REQUEST_TOO_LARGE');
  try {
    return act();
  } catch (cause) {
    throw new ChatError(isUtf8Error(cause) ? 'REQUEST_TEXT_MALFORMED' : 'REQUEST_MALFORMED', { cause });
  }
}

function isUtf8Error(cause: unknown): boolean {
  return (cause as { code?: unknown }).code === 'ERR_ENCODING_INVALID_ENCODED_DATA';
}
