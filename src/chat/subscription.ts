import type { CatchUp, Step } from './catch-up.js';
import type { ChatContext } from './chat-context.js';
import { ChatError } from './chat-error.js';
import { toMessage } from './conversation-state.js';
import { readEntryPages, readOwnConversations } from './conversation-store.js';
import type { FeedBatch, FeedChange } from './feed-change.js';
import type { Feed, FeedListener } from './feed.js';
import { giveWay } from './give-way.js';
import { Position } from './position.js';
import type { SessionStore } from './session-store.js';
import type { Caller, Event, EventBody } from './types.js';

/** Bytes, about, that wait for a subscriber at most; one that is slower reads the store again. */
const queueLimit = 1_048_576;
/** Bytes of a change beside its text, about. */
const changeBytes = 200;

export type SubscriptionParts = {
  readonly context: ChatContext;
  readonly feed: Feed;
  readonly sessions: SessionStore;
  readonly catchUp: CatchUp;
  readonly incarnation: string;
  /** Milliseconds between heartbeats. */
  readonly heartbeat: number;
};

/**
 * One subscriber: it catches up from the store, then takes what the feed offers. Whenever it can't tell
 * whether it was offered everything, it catches up again.
 */
export class Subscription implements FeedListener {
  private queue: FeedBatch[] = [];
  private queued = 0;
  private behind = true;
  private ended: ChatError | undefined;
  private wake: () => void = () => undefined;
  /** Catching up has delivered everything up to here, and nothing after it. */
  private caughtUp = 0;
  /** The feed hands over every conversation's changes: those of before are joined, it joins what comes. */
  private joined = false;
  private readonly readSeqs = new Map<string, number>();

  constructor(
    private readonly parts: SubscriptionParts,
    private readonly caller: Caller,
    /** Undefined: only what happens from now on. */
    private position: Position | undefined,
  ) {}

  offer(batch: FeedBatch): void {
    if (!this.behind) {
      this.queue.push(batch);
      this.queued += sizeOf(batch);
      if (this.queued > queueLimit) this.fallBehind();
    }
    if (batch.changes.some((change) => this.endsSession(change))) this.end(new ChatError('SESSION_ENDED'));
    this.wake();
  }

  reset(): void {
    this.joined = false;
    this.fallBehind();
    this.wake();
  }

  /** Ends the subscription with an error for its subscriber. */
  end(error: ChatError): void {
    this.ended ??= error;
    this.wake();
  }

  async *run(resync: boolean, signal: AbortSignal): AsyncGenerator<Event> {
    const { context, feed, sessions } = this.parts;
    const onAbort = () => this.wake();
    signal.addEventListener('abort', onAbort);
    try {
      await sessions.check(this.caller);
      this.position ??= Position.at((await context.store.read([])).revision);
      yield this.event({ type: 'heartbeat' }, this.position);
      if (resync) yield this.event({ type: 'resync', conversationId: undefined }, this.position);
      while (!signal.aborted) {
        if (this.ended) throw this.ended;
        if (this.behind) {
          yield* this.catchUp(signal);
          continue;
        }
        const batch = this.queue.shift();
        if (batch) {
          this.queued -= sizeOf(batch);
          yield* this.live(batch);
          continue;
        }
        this.position = Position.at(Math.max(feed.revision, this.caughtUp));
        if (await this.idle()) continue;
        await sessions.check(this.caller);
        yield this.event({ type: 'heartbeat' }, this.position);
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** An event after which the subscriber is at `position`; undefined: where that is can't be told briefly. */
  private event(body: EventBody, position: Position | undefined): Event {
    const resumeToken = position?.token(this.caller.accountId, this.parts.incarnation) ?? '';
    return { body, resumeToken };
  }

  private fallBehind(): void {
    this.behind = true;
    this.queue = [];
    this.queued = 0;
  }

  private endsSession(change: FeedChange): boolean {
    return change.type === 'sessionEnded' && change.sessionId === this.caller.sessionId;
  }

  /** Waits for something to do; false when a heartbeat is due. */
  private async idle(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.finishIdle(resolve, false), this.parts.heartbeat);
      this.wake = () => {
        clearTimeout(timer);
        this.finishIdle(resolve, true);
      };
    });
  }

  private finishIdle(resolve: (woken: boolean) => void, woken: boolean): void {
    this.wake = () => undefined;
    resolve(woken);
  }

  /** Delivers what the store has up to one revision. What comes after it is in the queue by then. */
  private async *catchUp(signal: AbortSignal): AsyncGenerator<Event> {
    const { context, catchUp } = this.parts;
    this.behind = false;
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
      for await (const { body, seq } of catchUp.run(id, from, revision)) {
        if (signal.aborted) return;
        if (this.ended) throw this.ended;
        if (seq !== undefined) reached = before.within(id, seq, revision);
        yield this.event(body, reached);
      }
    }
    if (signal.aborted) return;
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
        const membership = this.parts.catchUp.membership(conversationId, change.record);
        for await (const step of membership) steps.push(step);
      } else if (change.type === 'deletion') {
        const { seqs } = change.record;
        steps.push({ body: { type: 'messageDeleted', conversationId, seqs, forEveryone: true } });
      } else if (change.type === 'hidden') {
        hidden.push(change.seq);
      } else if (change.type === 'entry') {
        const { readSeq } = change.record;
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
