import type { DescMethod } from '@bufbuild/protobuf';
import type { UniversalServerRequest } from '@connectrpc/connect/protocol';
import { ChatError } from '../chat/chat-error.js';
import type { CallHold } from './call-memory.js';
import { decompress } from './decompress.js';
import { maxRequestBytes, parseBinary, parseJson } from './parse-request.js';
import { Refusal } from './refusal.js';

type Format = {
  readonly json: boolean;
  /** Whether the message stands in an envelope: a byte of flags, four of length. */
  readonly enveloped: boolean;
  /** The header that names how the message is compressed. */
  readonly encoding: string;
};

const envelopeBytes = 5;
const maxMessageBytes = envelopeBytes + maxRequestBytes;
/** Of what is too large, this much is read: a client that is cut off while it sends sees no answer. */
const maxReadBytes = 4 * maxRequestBytes;
const timeouts = [
  ['connect-timeout-ms', /^\d{1,10}$/],
  ['grpc-timeout', /^\d{1,8}[HMSmun]$/],
] as const;

/**
 * The same request, but what makes no sense in it is refused with a reason (guarantee G10) when its body is read:
 * Connect would refuse it without one, but passes on, in the caller's protocol, what reading throws.
 */
export function explainable(
  request: UniversalServerRequest,
  { input }: DescMethod,
  hold: CallHold,
): UniversalServerRequest {
  const format = formatOf(request.header.get('content-type') ?? '');
  // Nothing that Connect takes; it says so with a status of HTTP.
  if (!format || request.method !== 'POST') return request;
  const header = new Headers(request.header);
  // What follows has seen to these.
  for (const name of ['content-length', format.encoding]) header.delete(name);
  for (const [name, form] of timeouts) if (!form.test(header.get(name) ?? '')) header.delete(name);
  return { ...request, header, body: checked(request, format, input, hold) };
}

function formatOf(contentType: string): Format | undefined {
  const [, protocol = '', coding] =
    /^application\/(connect\+|grpc-web\+?)?(json|proto)? *(?:;.*)?$/i.exec(contentType) ?? [];
  const json = coding?.toLowerCase() === 'json';
  if (/^grpc-web/i.test(protocol)) return { json, enveloped: true, encoding: 'grpc-encoding' };
  if (coding === undefined) return undefined;
  if (protocol !== '') return { json, enveloped: true, encoding: 'connect-content-encoding' };
  return { json, enveloped: false, encoding: 'content-encoding' };
}

/** The body, as one message that is not compressed. */
async function* checked(
  request: UniversalServerRequest,
  format: Format,
  input: DescMethod['input'],
  hold: CallHold,
) {
  try {
    // First, as there is no answer to a request of which nothing was read.
    const body = await read(request.body as AsyncIterable<Uint8Array>, hold);
    for (const [name, form] of timeouts) {
      const timeout = request.header.get(name);
      if (timeout !== null && !form.test(timeout)) throw new ChatError('REQUEST_MALFORMED');
    }
    const encoding = request.header.get(format.encoding) ?? 'identity';
    const message = format.enveloped
      ? await open(body, encoding)
      : await plain(body, encoding === 'identity' ? undefined : encoding);
    if (message !== body) hold.add(message.length);
    if (format.json) parseJson(input, message);
    else parseBinary(input, message);
    if (format.enveloped) yield envelopeHead(message.length);
    yield message;
  } catch (error) {
    if (error instanceof ChatError) throw new Refusal(error).toConnectError();
    throw error;
  }
}

async function read(body: AsyncIterable<Uint8Array>, hold: CallHold): Promise<Buffer> {
  const chunks = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length <= maxMessageBytes) {
      chunks.push(chunk);
      hold.add(chunk.length);
    }
    if (length > maxReadBytes) break;
  }
  if (length > maxMessageBytes) throw new ChatError('REQUEST_TOO_LARGE');
  return Buffer.concat(chunks);
}

async function open(body: Buffer, encoding: string): Promise<Buffer> {
  if (body.length < envelopeBytes) throw new ChatError('REQUEST_MALFORMED');
  const flags = body.readUInt8(0);
  const length = body.readUInt32BE(1);
  if (length > maxRequestBytes) throw new ChatError('REQUEST_TOO_LARGE');
  // Another flag would say that this is no message, and every method takes exactly one.
  if (flags > 1 || body.length !== envelopeBytes + length) throw new ChatError('REQUEST_MALFORMED');
  return plain(body.subarray(envelopeBytes), flags === 1 ? encoding : undefined);
}

function envelopeHead(length: number): Buffer {
  const head = Buffer.alloc(envelopeBytes);
  head.writeUInt32BE(length, 1);
  return head;
}

async function plain(bytes: Buffer, encoding: string | undefined): Promise<Buffer> {
  if (encoding === undefined) return bytes;
  if (encoding === 'identity') throw new ChatError('REQUEST_MALFORMED');
  return decompress(bytes, encoding);
}
