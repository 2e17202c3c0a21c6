import { setTimeout as delay } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { StoreError } from '../kv/store-error.js';
import type { Change, ChangeBatch } from '../kv/store.js';
import type { ChatContext } from './chat-context.js';
import { decodeChange, partitionOf } from './feed-change.js';
import type { FeedBatch, FeedChange, Partition } from './feed-change.js';
import { keys } from './keys.js';
import { readRecord } from './optimistic.js';
import { records } from './records.js';
import type { InfoRecord } from './records.js';

const retryDelays = [50, 200, 1_000];

export interface FeedListener {
  /** Called in order, with what concerns the listener. */
  offer(batch: FeedBatch): void;
  /** Some batches are missing: read the store. */
  reset(): void;
}

/**
 * The store's change feed, followed once for the whole node and handed to those whom a change concerns. It
 * may lag behind the store; it is never proof that something does not exist.
 */
export class Feed {
  /** Everything up to this revision has been handed out. */
  revision = 0;
  private readonly byAccount: Listeners = new Map();
  private readonly byConversation: Listeners = new Map();
  /** Those that were added, with the conversations that they have joined. */
  private readonly joined = new Map<FeedListener, Set<string> | undefined>();
  private readonly infos = new LRUCache<string, InfoRecord>({ max: 10_000 });
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly context: ChatContext,
    private readonly onSessionEnded: () => void,
  ) {}

  /** Idempotent. */
  async start(): Promise<void> {
    if (this.running) return;
    this.revision = (await this.context.store.read([])).revision;
    this.running = this.follow();
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  add(accountId: string, listener: FeedListener): void {
    put(this.byAccount, accountId, listener);
    this.joined.set(listener, undefined);
  }

  /** Hands the conversation's changes to a listener that was added; one that was removed meanwhile gets none. */
  join(conversationId: string, listener: FeedListener): void {
    if (!this.joined.has(listener)) return;
    put(this.byConversation, conversationId, listener);
    const ids = this.joined.get(listener);
    if (ids) ids.add(conversationId);
    else this.joined.set(listener, new Set([conversationId]));
  }

  remove(accountId: string, listener: FeedListener): void {
    take(this.byAccount, accountId, listener);
    for (const conversationId of this.joined.get(listener) ?? []) {
      take(this.byConversation, conversationId, listener);
    }
    this.joined.delete(listener);
  }

  /** Open subscriptions of an account on this node. */
  count(accountId: string): number {
    return all(this.byAccount, accountId).length;
  }

  /** A conversation's members, as of this revision of the feed or later. */
  async info(conversationId: string): Promise<InfoRecord | undefined> {
    const known = this.infos.get(conversationId);
    if (known) return known;
    const { revision } = this;
    const info = await readRecord(this.context.store, keys.info(conversationId), records.info);
    // What was read before a change that has been handed out meanwhile must not outlive it.
    if (info && revision === this.revision) this.infos.set(conversationId, info.record);
    return info?.record;
  }

  private async follow(): Promise<void> {
    const { signal } = this.stopping;
    const { store, logger } = this.context;
    for (let failures = 0; !signal.aborted; failures += 1) {
      let lost = false;
      try {
        for await (const batch of store.changes(this.revision, { signal })) {
          this.dispatch(batch);
          failures = 0;
        }
      } catch (error) {
        const code = error instanceof StoreError ? error.code : undefined;
        if (this.stopping.signal.aborted || code === 'CLOSED') return;
        logger.warn({ err: error }, 'the change feed broke and is taken up again');
        lost = code !== 'UNAVAILABLE';
      }
      await delay(retryDelays[Math.min(failures, retryDelays.length - 1)], undefined, { signal }).catch(
        () => undefined,
      );
      if (lost) await this.skip();
    }
  }

  /** Goes on from what is there now: listeners read the store for what is missing. */
  private async skip(): Promise<void> {
    try {
      this.revision = (await this.context.store.read([])).revision;
      this.infos.clear();
      this.onSessionEnded();
      for (const listener of this.joined.keys()) listener.reset();
    } catch (error) {
      this.context.logger.warn({ err: error }, 'the store can not be read for the change feed');
    }
  }

  private dispatch({ revision, changes }: ChangeBatch): void {
    const offers = new Map<FeedListener, FeedChange[]>();
    for (const change of changes) {
      try {
        const partition = partitionOf(change);
        if (!partition || !this.concerns(partition, change)) continue;
        const decoded = decodeChange(change, partition);
        if (!decoded) continue;
        if (decoded.type === 'info') this.infos.set(decoded.conversationId, decoded.record);
        for (const listener of this.listeners(partition)) {
          if (decoded.type === 'entry') this.join(decoded.conversationId, listener);
          const offer = offers.get(listener);
          if (offer) offer.push(decoded);
          else offers.set(listener, [decoded]);
        }
      } catch (error) {
        this.context.logger.error({ err: error, revision }, 'a change in the feed can not be read');
      }
    }
    for (const [listener, list] of offers) listener.offer({ revision, changes: list });
    this.revision = revision;
  }

  private concerns({ type, id, rest }: Partition, change: Change): boolean {
    if (type === 'user') {
      // Other nodes' caches of sessions learn of their end from the feed.
      if (rest[0] === 's' && change.type === 'delete') this.onSessionEnded();
      return this.byAccount.has(id);
    }
    if (rest[0] === 'i') this.infos.delete(id);
    return this.byConversation.has(id);
  }

  private listeners({ type, id }: Partition): readonly FeedListener[] {
    return all(type === 'user' ? this.byAccount : this.byConversation, id);
  }
}

/** Mostly one: a set of its own for each of these is much memory. */
type Listeners = Map<string, FeedListener | Set<FeedListener>>;

function all(map: Listeners, key: string): readonly FeedListener[] {
  const found = map.get(key);
  if (!found) return [];
  return found instanceof Set ? [...found] : [found];
}

function put(map: Listeners, key: string, listener: FeedListener): void {
  const found = map.get(key);
  if (!found) map.set(key, listener);
  else if (found instanceof Set) found.add(listener);
  else if (found !== listener) map.set(key, new Set([found, listener]));
}

function take(map: Listeners, key: string, listener: FeedListener): void {
  const found = map.get(key);
  if (found === listener) map.delete(key);
  if (!(found instanceof Set)) return;
  found.delete(listener);
  if (found.size === 0) map.delete(key);
}
