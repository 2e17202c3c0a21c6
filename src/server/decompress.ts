import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { ChatError } from '../chat/chat-error.js';
import { Gate } from '../chat/gate.js';
import { maxRequestBytes } from './parse-request.js';

const decompressors: Partial<Record<string, (bytes: Uint8Array, limit: object) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
};
/** A few at a time: what a thousand small requests become would all be in memory at once. */
const gate = new Gate(4);

/** Throws REQUEST_TOO_LARGE, REQUEST_MALFORMED or REQUEST_COMPRESSION_UNKNOWN. */
export async function decompress(bytes: Uint8Array, encoding: string): Promise<Buffer> {
  const act = decompressors[encoding];
  if (!act) throw new ChatError('REQUEST_COMPRESSION_UNKNOWN');
  try {
    return await gate.run(async () => act(bytes, { maxOutputLength: maxRequestBytes }));
  } catch (cause) {
    const tooLarge = (cause as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE';
    throw new ChatError(tooLarge ? 'REQUEST_TOO_LARGE' : 'REQUEST_MALFORMED', { cause });
  }
}
