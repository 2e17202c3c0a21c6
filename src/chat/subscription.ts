import type { CatchUp, Step } from './catch-up.js';
import type { ChatContext } from './chat-context.js';
import { ChatError } from './chat-error.js';
import { toMessage } from './conversation-state.js';
import { readEntryPages, readOwnConversations } from './conversation-store.js';
import type { SubscribeRequest, TakenStream, Taker } from './chat.js';
import type { FeedBatch, FeedChange } from './feed-change.js';
import type { Feed, FeedListener } from './feed.js';
import { giveWay } from './give-way.js';
import { Position } from './position.js';
import type { SessionStore } from './session-store.js';
import type { Caller, Event, EventBody, Time } from './types.js';

/** Bytes, about, that wait for a subscriber at most; one that is slower reads the store again. */
const queueLimit = 1_048_576;
/** Bytes of a change beside its text, about. */
const changeBytes = 200;

export type SubscriptionParts = {
  readonly context: ChatContext;
  readonly feed: Feed;
  readonly sessions: SessionStore;
  readonly catchingUp: CatchUp;
  readonly registry: SubscriptionRegistry;
  /** Names this history of the store. */
  readonly incarnation: () => string;
};

/** Those that are open. */
export interface SubscriptionRegistry {
  /** Takes one in: the feed and signs of life reach it from then on. Throws when it can't be had. */
  enter(subscription: Subscription, caller: Caller, request: SubscribeRequest): Promise<SubscriptionStart>;
  /** It has nothing to do: a sign of life is due after a while. */
  idle(subscription: Subscription): void;
  leave(subscription: Subscription, caller: Caller): void;
}

/** Where a subscriber begins; no position: with what happens from now on. */
export type SubscriptionStart = { readonly position: Position | undefined; readonly resync: boolean };

type Next = IteratorResult<Event, undefined>;

/**
 * One subscriber: it catches up from the store, then takes what the feed offers. Whenever it can't tell
 * whether it was offered everything, it catches up again.
 *
 * An iterator by hand: most subscribers are idle most of the time, and one that is idle is this object. As a
 * generator, which waits within generators for a timer of its own, it was three times as much memory.
 */
export class Subscription implements FeedListener, TakenStream<Event> {
  private queue: FeedBatch[] | undefined;
  private queued = 0;
  private behind = true;
  private ended: ChatError | undefined;
  private beatDue = false;
  /** Who waits for the next event. */
  private waiting: Taker<Event> | undefined;
  /** The next event is being looked for. */
  private looking = false;
  /** What is being delivered, event by event. */
  private delivering: AsyncGenerator<Event> | undefined;
  private over = false;
  /** Catching up has delivered everything up to here, and nothing after it. */
  private caughtUp = 0;
  /** The feed hands over every conversation's changes: those of before are joined, it joins what comes. */
  private joined = false;
  /** The end of the session may be among the batches that are missing. */
  private unsure = false;
  /** Of the session. */
  private expireTime: Time = 0;
  private readSeqs: Map<string, number> | undefined;
  private position: Position | undefined;

  constructor(
    private readonly parts: SubscriptionParts,
    private readonly caller: Caller,
    request: SubscribeRequest,
    /** Ends it when it aborts. */
    private readonly signal: AbortSignal | undefined,
  ) {
    this.delivering = this.begin(request);
    signal?.addEventListener('abort', this);
    if (signal?.aborted) this.finish();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Not to be called again before it has resolved. */
  async next(): Promise<Next> {
    return new Promise((resolve, reject) => this.take({ resolve, reject }));
  }

  take(taker: Taker<Event>): void {
    this.waiting = taker;
    this.wake();
  }

  /** At any time: who waits for an event is told that there is none. */
  async return(): Promise<Next> {
    this.finish();
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.resolve({ done: true, value: undefined });
    return Promise.resolve({ done: true, value: undefined });
  }

  /** The signal's. */
  handleEvent(): void {
    void this.return();
  }

  offer(batch: FeedBatch): void {
    if (!this.behind) {
      this.queue ??= [];
      this.queue.push(batch);
      this.queued += sizeOf(batch);
      if (this.queued > queueLimit) this.fallBehind();
    }
    if (batch.changes.some((change) => this.endsSession(change))) this.end(new ChatError('SESSION_ENDED'));
    this.wake();
  }

  reset(): void {
    this.joined = false;
    this.unsure = true;
    this.fallBehind();
    this.wake();
  }

  /** Ends the subscription with an error for its subscriber. */
  end(error: ChatError): void {
    this.ended ??= error;
    this.wake();
  }

  /** A sign of life is due if nothing is on its way. */
  beat(): void {
    this.beatDue = true;
    this.wake();
  }

  private wake(): void {
    if (this.waiting && !this.looking) void this.look();
  }

  /** Hands the next event to who waits, or leaves it waiting until something happens. */
  private async look(): Promise<void> {
    this.looking = true;
    let told: Next | undefined;
    let failure: { readonly error: unknown } | undefined;
    try {
      const event = await this.find();
      if (event) told = { done: false, value: event };
      else if (this.over) told = { done: true, value: undefined };
    } catch (error) {
      failure = { error };
      this.finish();
    }
    this.looking = false;
    const { waiting } = this;
    if (!waiting) return;
    if (!told && !failure) {
      // Something may have happened since it was found that nothing had.
      if (this.isIdle()) this.parts.registry.idle(this);
      else this.wake();
      return;
    }
    this.waiting = undefined;
    if (told) waiting.resolve(told);
    else waiting.reject(failure?.error);
  }

  /** Undefined when there is nothing, or when it is over. */
  private async find(): Promise<Event | undefined> {
    while (!this.over) {
      if (!this.delivering) {
        if (this.ended) throw this.ended;
        if (this.parts.context.now() >= this.expireTime) throw new ChatError('SESSION_EXPIRED');
        this.delivering = this.more();
        if (!this.delivering) return undefined;
      }
      const next = await this.delivering.next();
      if (!next.done) return next.value;
      this.delivering = undefined;
    }
    return undefined;
  }

  private isIdle(): boolean {
    return !this.ended && !this.behind && !this.queue && !this.beatDue && !this.over;
  }

  private more(): AsyncGenerator<Event> | undefined {
    if (this.behind) return this.catchUp();
    const batch = this.queue?.shift();
    if (batch) {
      this.queued -= sizeOf(batch);
      if (this.queue?.length === 0) this.queue = undefined;
      return this.live(batch);
    }
    this.position = Position.at(Math.max(this.parts.feed.revision, this.caughtUp));
    return this.beatDue ? this.signOfLife() : undefined;
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    this.signal?.removeEventListener('abort', this);
    this.parts.registry.leave(this, this.caller);
  }

  private async *begin(request: SubscribeRequest): AsyncGenerator<Event> {
    const { context, sessions, registry } = this.parts;
    const { position, resync } = await registry.enter(this, this.caller, request);
    // It was ended before it was among the open ones: nobody would take it out again.
    if (this.over) {
      registry.leave(this, this.caller);
      return;
    }
    this.expireTime = await sessions.check(this.caller);
    this.position = position ?? Position.at((await context.store.read([])).revision);
    yield this.event({ type: 'heartbeat' }, this.position);
    if (resync) yield this.event({ type: 'resync', conversationId: undefined }, this.position);
  }

  private async *signOfLife(): AsyncGenerator<Event> {
    this.beatDue = false;
    const { position } = this;
    await this.parts.sessions.check(this.caller);
    yield this.event({ type: 'heartbeat' }, position);
  }

  /** An event after which the subscriber is at `position`; undefined: where that is can't be told briefly. */
  private event(body: EventBody, position: Position | undefined): Event {
    const resumeToken = position?.token(this.caller.accountId, this.parts.incarnation()) ?? '';
    return { body, resumeToken };
  }

  private fallBehind(): void {
    this.behind = true;
    this.queue = undefined;
    this.queued = 0;
  }

  private endsSession(change: FeedChange): boolean {
    return change.type === 'sessionEnded' && change.sessionId === this.caller.sessionId;
  }

  /** Delivers what the store has up to one revision. What comes after it is in the queue by then. */
  private async *catchUp(): AsyncGenerator<Event> {
    const { context, sessions, catchingUp } = this.parts;
    this.behind = false;
    if (this.unsure) {
      this.unsure = false;
      await sessions.check(this.caller);
    }
    const before = this.position ?? Position.at(0);
    const { accountId } = this.caller;
    // First, as a change after the revision that is read next must not find the conversation not joined.
    await this.joinAll();
    const { conversations, revision } = await readOwnConversations(context.store, accountId);
    this.caughtUp = revision;
    const sorted = conversations.sort((a, b) => (a.id < b.id ? -1 : 1));
    let reached: Position | undefined = before;
    for (const { id, state, revision: entryRevision } of sorted) {
      const from = before.find(id);
      const newest = Math.max(state.info.revision, state.head.revision, entryRevision);
      if (from.seq === undefined && newest <= from.base) continue;
      await giveWay();
      for await (const { body, seq } of catchingUp.run(this.caller, id, from, revision)) {
        if (this.over) return;
        if (this.ended) throw this.ended;
        if (seq !== undefined) reached = before.within(id, seq, revision);
        yield this.event(body, reached);
      }
    }
    if (this.over) return;
    this.position = Position.at(revision);
    // Tells the subscriber that it need not ask for the same again.
    yield this.event({ type: 'heartbeat' }, this.position);
  }

  private async joinAll(): Promise<void> {
    if (this.joined) return;
    // Set before reading: batches lost meanwhile make it false again.
    this.joined = true;
    const { context, feed } = this.parts;
    for await (const { ids } of readEntryPages(context.store, this.caller.accountId)) {
      for (const id of ids) feed.join(id, this);
    }
  }

  private async *live(batch: FeedBatch): AsyncGenerator<Event> {
    const before = this.position ?? Position.at(0);
    const steps = await this.steps(batch);
    let reached: Position | undefined = before;
    for (const [i, { body, conversationId, seq }] of steps.entries()) {
      const last = i === steps.length - 1;
      // Named before it is handed over: what the subscriber has received is never delivered again.
      if (last) reached = Position.at(batch.revision);
      else if (seq !== undefined) reached = before.within(conversationId, seq, batch.revision);
      yield this.event(body, reached);
    }
    this.position = Position.at(Math.max(batch.revision, this.caughtUp));
  }

  /** A batch's events by conversation id, each conversation's messages last. */
  private async steps({ revision, changes }: FeedBatch) {
    const byConversation = new Map<string, FeedChange[]>();
    for (const change of changes) {
      if (change.type === 'sessionEnded' || revision <= this.caughtUp) continue;
      const list = byConversation.get(change.conversationId);
      if (list) list.push(change);
      else byConversation.set(change.conversationId, [change]);
    }
    const steps: (Step & { readonly conversationId: string })[] = [];
    for (const conversationId of [...byConversation.keys()].sort()) {
      for (const step of await this.conversationSteps(
        conversationId,
        byConversation.get(conversationId) ?? [],
      )) {
        steps.push({ ...step, conversationId });
      }
    }
    return steps;
  }

  private async conversationSteps(conversationId: string, changes: readonly FeedChange[]): Promise<Step[]> {
    const steps: Step[] = [];
    const messages: Step[] = [];
    const hidden: number[] = [];
    for (const change of changes) {
      if (change.type === 'info') {
        const membership = this.parts.catchingUp.membership(this.caller, conversationId, change.record);
        for await (const step of membership) steps.push(step);
      } else if (change.type === 'deletion') {
        const { seqs } = change.record;
        steps.push({ body: { type: 'messageDeleted', conversationId, seqs, forEveryone: true } });
      } else if (change.type === 'hidden') {
        hidden.push(change.seq);
      } else if (change.type === 'entry') {
        const { readSeq } = change.record;
        this.readSeqs ??= new Map();
        if (readSeq <= (this.readSeqs.get(conversationId) ?? 0)) continue;
        this.readSeqs.set(conversationId, readSeq);
        steps.push({ body: { type: 'read', conversationId, readSeq } });
      } else if (change.type === 'message') {
        const info = await this.parts.feed.info(conversationId);
        if (!info) continue;
        const { seq, record } = change;
        messages.push({
          body: { type: 'message', message: toMessage(conversationId, seq, record, info) },
          seq,
        });
      }
    }
    if (hidden.length > 0) {
      steps.push({ body: { type: 'messageDeleted', conversationId, seqs: hidden, forEveryone: false } });
    }
    return [...steps, ...messages];
  }
}

/** Bytes, about. */
function sizeOf({ changes }: FeedBatch): number {
  return changes.reduce(
    (sum, change) => sum + changeBytes + (change.type === 'message' ? (change.record.text?.length ?? 0) : 0),
    0,
  );
}
