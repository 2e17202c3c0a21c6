import { constants } from 'node:http2';
import type { ServerHttp2Stream } from 'node:http2';
import { toBinary } from '@bufbuild/protobuf';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { ServerSurfaceCall } from '@grpc/grpc-js/build/src/server-call.js';
import type { Taker } from '../chat/chat.js';
import { ChatError } from '../chat/chat-error.js';
import type { RunningCall } from './call-log.js';
import { toStatus } from './explained-grpc.js';
import { holdOf } from './grpc-memory.js';
import type { OpenedStream, StreamRoute } from './route.js';

type StreamCall = ServerWritableStream<Buffer, Buffer>;

/** Milliseconds that a caller who is cut off has to read why. */
const grace = 5_000;
/** Milliseconds until it is worth subscribing again. */
const slowRetry = 1_000;

/**
 * What a caller follows, item by item. It takes them itself, without a promise that waits: most streams are idle most of the time,
 * and as a function that waits within a loop each of them was a kibibyte more.
 */
export class GrpcStream implements Taker<unknown> {
  private stream: OpenedStream<unknown> | undefined;
  private over = false;

  /** `slowReader`: milliseconds after which a caller that takes nothing is cut off. */
  constructor(
    private readonly route: StreamRoute,
    private readonly call: StreamCall,
    private readonly running: RunningCall,
    private readonly slowReader: number,
  ) {}

  async follow(open: () => Promise<OpenedStream<unknown>>): Promise<void> {
    try {
      this.stream = await open();
    } catch (error) {
      this.reject(error);
      return;
    }
    const { items } = this.stream;
    const leave = () => void items.return();
    this.call.on('cancelled', leave);
    this.call.on('error', leave);
    this.goOn();
  }

  /** Of the next item. */
  resolve(next: IteratorResult<unknown, undefined>): void {
    if (next.done) this.finish();
    else this.tell(next.value);
  }

  /** Of what the stream has failed with, or this itself. */
  reject(error: unknown): void {
    if (this.end()) this.call.emit('error', toStatus(this.running.fail(error)));
  }

  private goOn(): void {
    // Nobody reads on, and what is written now would stay in memory. It may have gone before anybody listened.
    if (this.call.cancelled || this.call.destroyed) this.finish();
    else this.stream?.items.take(this);
  }

  private tell(item: unknown): void {
    const { call, route } = this;
    try {
      // It is among the subscriptions that are limited.
      holdOf(streamOf(call))?.settle();
      const ready = call.write(Buffer.from(toBinary(route.method.output, route.encode(item))));
      if (ready) this.goOn();
      else void this.untilRead();
    } catch (error) {
      this.reject(error);
    }
  }

  private async untilRead(): Promise<void> {
    const { call } = this;
    if (await drained(call, this.slowReader)) {
      this.goOn();
      return;
    }
    resetLater(call);
    this.reject(new ChatError('SUBSCRIBER_SLOW', { retryDelay: slowRetry }));
  }

  private finish(): void {
    if (!this.end()) return;
    this.running.succeed();
    this.call.end();
  }

  /** False: it was over before. */
  private end(): boolean {
    if (this.over) return false;
    this.over = true;
    void this.stream?.items.return();
    this.stream?.onEnd?.();
    return true;
  }
}

/** False when the caller takes nothing for the time, in milliseconds. Also resolves when it is gone. */
async function drained(call: StreamCall, limit: number): Promise<boolean> {
  const events = ['drain', 'cancelled', 'error'];
  return new Promise((resolve) => {
    const finish = (inTime: boolean) => {
      clearTimeout(timer);
      for (const event of events) call.off(event, goOn);
      resolve(inTime);
    };
    const goOn = () => finish(true);
    const timer = setTimeout(() => finish(false), limit);
    for (const event of events) call.on(event, goOn);
    if (call.cancelled) goOn();
  });
}

/**
 * The status stands behind what the caller has not read. One that still does not read it, nor goes, would keep all that
 * in memory.
 */
function resetLater(call: StreamCall): void {
  const stream = streamOf(call);
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM), grace);
  stream.once('close', () => clearTimeout(timer));
}

/** grpc-js gives no way to a call's stream: this takes a private one. */
export function streamOf(call: ServerSurfaceCall): ServerHttp2Stream {
  return (call as unknown as { call: { stream: ServerHttp2Stream } }).call.stream;
}
