import type { ServerHttp2Stream } from 'node:http2';
import type { Server } from '@grpc/grpc-js';
import { BaseServerInterceptingCall } from '@grpc/grpc-js/build/src/server-interceptors.js';
import { ChatError } from '../chat/chat-error.js';
import type { CallHold, CallMemory } from './call-memory.js';
import { decompress } from './decompress.js';
import { toStatus } from './explained-grpc.js';
import { Refusal } from './refusal.js';

type StreamHandler = (interceptors: unknown, stream: ServerHttp2Stream, headers: unknown) => void;
type Decompress = (
  this: { stream: ServerHttp2Stream },
  message: Buffer,
  encoding: string,
) => Buffer | Promise<Buffer>;

const holds = new WeakMap<ServerHttp2Stream, CallHold>();
const counted = Symbol('counted');

/** What the call on a stream keeps in memory. */
export function holdOf(stream: ServerHttp2Stream): CallHold | undefined {
  return holds.get(stream);
}

/**
 * Counts what requests take until their call has ended. grpc-js keeps whatever comes of a message that is not complete,
 * and decompresses every message at once, and has no public place to count either: this takes private ones, as
 * `explainAnswers` does.
 */
export function countRequests(server: Server, memory: CallMemory): void {
  countDecompressed();
  const handling = server as unknown as { _streamHandler: StreamHandler };
  const handle = handling._streamHandler.bind(server);
  handling._streamHandler = (interceptors, stream, headers) => {
    holds.set(stream, memory.begin(stream.session));
    stream.on('data', addData);
    stream.on('close', endHold);
    handle(interceptors, stream, headers);
  };
}

// One function each for all streams, not one for each: most of them are idle, and there are many.
function addData(this: ServerHttp2Stream, bytes: Buffer): void {
  // Once it is answered, the rest is thrown away.
  if (!this.headersSent) holdOf(this)?.add(bytes.length);
}

function endHold(this: ServerHttp2Stream): void {
  holdOf(this)?.end();
}

function countDecompressed(): void {
  const prototype = BaseServerInterceptingCall.prototype as unknown as {
    decompressMessage: Decompress & { [counted]?: true };
  };
  const { decompressMessage } = prototype;
  if (decompressMessage[counted]) return;
  const counting: Decompress = async function (message, encoding) {
    if (encoding !== 'gzip' && encoding !== 'deflate') return decompressMessage.call(this, message, encoding);
    try {
      const bytes = await decompress(message.subarray(5), encoding);
      holds.get(this.stream)?.add(bytes.length);
      return bytes;
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      // What grpc-js answers with.
      throw Object.assign(new Error(error.message), toStatus(new Refusal(error)));
    }
  };
  prototype.decompressMessage = Object.assign(counting, { [counted]: true as const });
}
