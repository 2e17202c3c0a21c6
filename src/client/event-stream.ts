import type { SubscribeResponse } from '../api/holdfast/v1/message_pb.js';
import { askedDelay, backOff } from './back-off.js';
import { ClientError } from './client-error.js';
import { decodeEvent } from './decode.js';
import type { Failover } from './failover.js';
import type { ChatEvent, Message } from './types.js';
import { within } from './within.js';

/** Where a stream goes on; may be kept as JSON. */
export type StreamPosition = {
  /** Empty: after what was delivered; from now on, when that is empty too. */
  readonly resumeToken: string;
  /** What was delivered after that: the highest number of each conversation. */
  readonly delivered: Readonly<Record<string, number>>;
};

export type StreamState =
  | { readonly state: 'connected'; readonly server: string }
  | { readonly state: 'reconnecting'; readonly server: string; readonly error: ClientError };

export type StreamOptions = {
  /** Default: what happens from now on; "now" is when the first `connected` is told. */
  readonly from?: StreamPosition | undefined;
  readonly onState?: (state: StreamState) => void;
  /** Milliseconds without a sign of life after which a server is left; they give one every 30 s at least. */
  readonly silence?: number;
};

const defaultSilence = 40_000;
/** A server gives a first sign of life at once. */
const firstDeadline = 5_000;
const pauses = { first: 100, longest: 5_000 };
/** A connection that lasted this long, in milliseconds, was a good one. */
const lasting = 10_000;
/** As many as a server takes. */
const maxCursors = 10_000;
/** Conversations whose last number is remembered to know doubles by. */
const maxRemembered = 50_000;

const forgotten = new Set(['RESUME_TOKEN_INVALID', 'RESUME_TOKEN_MISMATCH']);

/**
 * What happens in the caller's conversations, without a gap or a double through any number of failures: it
 * goes on where it was, on another server when need be. It leaves a server that is silent, or that other
 * calls have found failing. Meanwhile it learns which servers there are.
 */
export class EventStream {
  private resumeToken: string;
  /** The highest number that was handed out, by conversation. */
  private readonly last: Map<string, number>;
  /** Of these, what was handed out since the token: without one, servers send it again. */
  private readonly sinceToken: Map<string, number>;
  private resync = false;

  constructor(
    private readonly failover: Failover,
    private readonly options: StreamOptions = {},
  ) {
    this.resumeToken = options.from?.resumeToken ?? '';
    this.sinceToken = new Map(Object.entries(options.from?.delivered ?? {}));
    this.last = new Map(this.sinceToken);
  }

  /** After the last event that was handed out. */
  get position(): StreamPosition {
    return { resumeToken: this.resumeToken, delivered: Object.fromEntries(this.sinceToken) };
  }

  /**
   * To be called once. Ends when the signal aborts; throws ClientError when a server refuses for good, above
   * all when the session is over (`sessionOver`).
   */
  async *events(signal: AbortSignal): AsyncGenerator<ChatEvent> {
    const { servers, clock, random } = this.failover.parts;
    const stopped = () => signal.aborted;
    for (let failures = 0, left = servers.all.length; !stopped();) {
      const server = servers.pick();
      const began = clock.now();
      let error;
      try {
        yield* this.connection(server, signal, firstDeadline * 2 ** Math.min(failures, 2));
        error = ClientError.lost();
      } catch (cause) {
        if (stopped()) return;
        error = this.failover.judged(server, cause, signal);
      }
      if (stopped()) return;
      if (forgotten.has(error.reason) && this.resumeToken !== '') {
        this.resumeToken = '';
        this.forget(undefined);
        this.resync = true;
        continue;
      }
      if (error.final || error.sessionOver) throw error;
      // Whatever it is, another server may not have it.
      if (!error.busy) servers.failed(server);
      this.options.onState?.({ state: 'reconnecting', server, error });
      if (clock.now() - began >= lasting) failures = 0;
      left -= 1;
      if (error.retryDelay === undefined && servers.hope && left > 0) continue;
      const { retryDelay } = error;
      const pause =
        retryDelay === undefined ? backOff(failures, pauses, random) : askedDelay(retryDelay, random);
      await clock.wait(pause, signal);
      failures += 1;
      left = servers.all.length;
    }
  }

  /** The events of one connection, until it ends or breaks. */
  private async *connection(server: string, outer: AbortSignal, patience: number): AsyncGenerator<ChatEvent> {
    const { servers, clock } = this.failover.parts;
    const stop = new AbortController();
    const forward = () => stop.abort(outer.reason);
    outer.addEventListener('abort', forward);
    const unwatch = servers.onFailed((failed) => {
      if (failed === server) stop.abort(ClientError.lost());
    });
    try {
      const { headers } = this.failover;
      const { messages } = this.failover.on(server);
      const replies = messages.subscribe(this.request(), { headers, signal: stop.signal });
      const iterator = replies[Symbol.asyncIterator]();
      for (let first = true; ; first = false) {
        const limit = first ? patience : (this.options.silence ?? defaultSilence);
        // Only the waiting is timed, not what the consumer does with an event.
        const next = await within(clock, limit, stop.signal, () => iterator.next());
        if (next.done) return;
        servers.answered(server);
        void this.failover.discovery.ask(server, stop.signal);
        const event = this.take(next.value);
        if (this.resync) {
          this.resync = false;
          yield { type: 'resync', conversationId: undefined };
        }
        if (event) yield event;
        if (first) this.options.onState?.({ state: 'connected', server });
      }
    } finally {
      outer.removeEventListener('abort', forward);
      unwatch();
      stop.abort();
    }
  }

  private request() {
    const { resumeToken } = this;
    if (resumeToken !== '') return { resumeToken };
    const known = [...this.sinceToken].slice(0, maxCursors);
    return { cursors: Object.fromEntries(known.map(([id, seq]) => [id, BigInt(seq)])) };
  }

  /** Moves the position past the reply. Undefined when there is nothing to hand out. */
  private take(reply: SubscribeResponse): ChatEvent | undefined {
    const event = decodeEvent(reply);
    const fresh = event?.type !== 'message' || this.isNew(event.message);
    if (event?.type === 'resync') this.forget(event.conversationId);
    // A stream begins with the token that it was asked with, which stands for nothing new.
    if (reply.resumeToken !== '' && reply.resumeToken !== this.resumeToken) {
      this.resumeToken = reply.resumeToken;
      this.sinceToken.clear();
    }
    return fresh ? event : undefined;
  }

  private isNew({ conversationId, seq }: Message): boolean {
    if (seq <= (this.last.get(conversationId) ?? 0)) return false;
    // Put at the end, so that the first one is the one that was quiet for longest.
    this.last.delete(conversationId);
    this.last.set(conversationId, seq);
    const [quietest] = this.last.keys();
    if (this.last.size > maxRemembered && quietest !== undefined) this.last.delete(quietest);
    this.sinceToken.set(conversationId, seq);
    return true;
  }

  /** Numbers may start again, of one conversation or of all. */
  private forget(conversationId: string | undefined): void {
    for (const map of [this.last, this.sinceToken]) {
      if (conversationId === undefined) map.clear();
      else map.delete(conversationId);
    }
  }
}
