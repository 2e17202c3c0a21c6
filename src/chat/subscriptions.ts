import { CatchUp } from './catch-up.js';
import type { ChatContext } from './chat-context.js';
import { ChatError } from './chat-error.js';
import type { Delivery, SubscribeRequest } from './chat.js';
import type { ConversationStore } from './conversation-store.js';
import { checkConversationId } from './directory.js';
import type { Feed } from './feed.js';
import { Position } from './position.js';
import type { SessionStore } from './session-store.js';
import { Subscription } from './subscription.js';
import type { SubscriptionParts, SubscriptionRegistry, SubscriptionStart } from './subscription.js';
import type { Caller } from './types.js';

const maxCursors = 10_000;
const maxStreams = 100;
/** Milliseconds between looks at whose sign of life is due, at most. */
const beatPause = 100;

export class Subscriptions implements Delivery, SubscriptionRegistry {
  /** In the order in which signs of life are due, the next one first, with when it began to wait for that. */
  private readonly open = new Map<Subscription, number>();
  private beating: NodeJS.Timeout | undefined;
  private closed = false;

  private readonly parts: SubscriptionParts;

  constructor(
    private readonly context: ChatContext,
    private readonly feed: Feed,
    sessions: SessionStore,
    conversations: ConversationStore,
    /** Names this history of the store: revisions of another one mean nothing here. */
    private readonly incarnation: () => string,
    private readonly heartbeat: number,
  ) {
    const catchingUp = new CatchUp(context, conversations);
    this.parts = { context, feed, sessions, catchingUp, registry: this, incarnation };
  }

  subscribe(
    caller: Caller,
    request: SubscribeRequest,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Subscription {
    return new Subscription(this.parts, caller, request, signal);
  }

  close(): void {
    this.closed = true;
    for (const subscription of this.open.keys()) subscription.end(new ChatError('SHUTTING_DOWN'));
  }

  async enter(
    subscription: Subscription,
    caller: Caller,
    request: SubscribeRequest,
  ): Promise<SubscriptionStart> {
    this.requireOpen();
    const start = await this.position(caller, request);
    this.requireOpen();
    if (this.feed.count(caller.accountId) >= maxStreams) {
      throw new ChatError('STREAMS_TOO_MANY', { retryDelay: 10_000 });
    }
    this.feed.add(caller.accountId, subscription);
    if (this.open.size === 0) {
      this.beating = setInterval(() => this.beat(), Math.min(this.heartbeat / 5, beatPause));
    }
    this.open.set(subscription, performance.now());
    return start;
  }

  idle(subscription: Subscription): void {
    if (this.open.delete(subscription)) this.open.set(subscription, performance.now());
  }

  leave(subscription: Subscription, { accountId }: Caller): void {
    if (!this.open.delete(subscription)) return;
    if (this.open.size === 0) clearInterval(this.beating);
    this.feed.remove(accountId, subscription);
  }

  private requireOpen(): void {
    if (this.closed) throw new ChatError('SHUTTING_DOWN');
  }

  /** One timer for all of them: ten thousand of their own are megabytes. */
  private beat(): void {
    const now = performance.now();
    for (const [subscription, since] of this.open) {
      if (now - since < this.heartbeat) return;
      this.idle(subscription);
      subscription.beat();
    }
  }

  private async position(
    caller: Caller,
    { cursors, resumeToken }: SubscribeRequest,
  ): Promise<SubscriptionStart> {
    if (cursors.size > 0 && resumeToken !== '') throw new ChatError('CURSORS_AMBIGUOUS');
    if (cursors.size > maxCursors) throw new ChatError('CURSORS_TOO_MANY');
    if (resumeToken !== '') {
      const parsed = Position.parse(resumeToken);
      if (!parsed) throw new ChatError('RESUME_TOKEN_INVALID');
      if (parsed.accountId !== caller.accountId) throw new ChatError('RESUME_TOKEN_MISMATCH');
      const { revision } = await this.context.store.read([]);
      const known = parsed.incarnation === this.incarnation() && parsed.newest <= revision;
      return known ? { position: parsed.position, resync: false } : { position: undefined, resync: true };
    }
    if (cursors.size === 0) return { position: undefined, resync: false };
    for (const id of cursors.keys()) checkConversationId(id);
    return { position: Position.of(cursors), resync: false };
  }
}
