import { CatchUp } from './catch-up.js';
import type { ChatContext } from './chat-context.js';
import { ChatError } from './chat-error.js';
import type { Delivery } from './chat.js';
import type { ConversationStore } from './conversation-store.js';
import { checkConversationId } from './directory.js';
import type { Feed } from './feed.js';
import { Position } from './position.js';
import type { SessionStore } from './session-store.js';
import { Subscription } from './subscription.js';
import type { Caller, Event } from './types.js';

const maxCursors = 10_000;
const maxStreams = 100;

export class Subscriptions implements Delivery {
  private readonly open = new Set<Subscription>();
  private closed = false;

  constructor(
    private readonly context: ChatContext,
    private readonly feed: Feed,
    private readonly sessions: SessionStore,
    private readonly conversations: ConversationStore,
    /** Names this history of the store: revisions of another one mean nothing here. */
    private readonly incarnation: () => string,
    private readonly heartbeat: number,
  ) {}

  async *subscribe(
    caller: Caller,
    request: { readonly cursors: ReadonlyMap<string, number>; readonly resumeToken: string },
    { signal }: { readonly signal: AbortSignal },
  ): AsyncGenerator<Event> {
    if (this.closed) throw new ChatError('SHUTTING_DOWN');
    const { context, feed, sessions, heartbeat } = this;
    const from = await this.position(caller, request);
    if (feed.count(caller.accountId) >= maxStreams) {
      throw new ChatError('STREAMS_TOO_MANY', { retryDelay: 10_000 });
    }
    const catchUp = new CatchUp(context, this.conversations, caller);
    const incarnation = this.incarnation();
    const parts = { context, feed, sessions, catchUp, incarnation, heartbeat };
    const subscription = new Subscription(parts, caller, from.position);
    feed.add(caller.accountId, subscription);
    this.open.add(subscription);
    try {
      yield* subscription.run(from.resync, signal);
    } finally {
      this.open.delete(subscription);
      feed.remove(caller.accountId, subscription);
    }
  }

  close(): void {
    this.closed = true;
    for (const subscription of this.open) subscription.end(new ChatError('SHUTTING_DOWN'));
  }

  private async position(
    caller: Caller,
    { cursors, resumeToken }: { readonly cursors: ReadonlyMap<string, number>; readonly resumeToken: string },
  ): Promise<{ readonly position: Position | undefined; readonly resync: boolean }> {
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
