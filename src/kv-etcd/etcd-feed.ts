import { setTimeout as delay } from 'node:timers/promises';
import type { EtcdClient } from '../etcd/etcd-client.js';
import { EtcdError } from '../etcd/etcd-error.js';
import type { WatchAnswer } from '../etcd/watch-answer.js';
import { ChangeRing } from '../kv/change-ring.js';
import { StoreError } from '../kv/store-error.js';
import type { Change, ChangeBatch, Revision } from '../kv/store.js';
import { budgets } from './budgets.js';
import type { Keyspace } from './keyspace.js';
import type { LeaderWatch } from './leader-watch.js';
import { readError } from './store-errors.js';

export type EtcdFeedParts = {
  readonly client: EtcdClient;
  readonly keyspace: Keyspace;
  readonly leader: Pick<LeaderWatch, 'observe'>;
  /** Bytes kept in memory. */
  readonly capacity: number;
  /** Called with the bytes of keys and values that came. */
  readonly onWritten: (bytes: number) => void;
};

/**
 * The changes of the whole store, from one watch that fills a ring in memory. When the watch breaks it is taken
 * up after the last revision that came. Whoever asks for what is older than the ring gets a watch of its own,
 * until it meets the ring.
 */
export class EtcdFeed {
  private ring: ChangeRing | undefined;
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(private readonly parts: EtcdFeedParts) {}

  /** Resolves once the watch has begun. Throws UNAVAILABLE when that takes longer than `budgets.open`. */
  async start(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let failure: unknown;
    const begun = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), budgets.open);
      this.running = this.follow(
        () => resolve(true),
        (cause) => (failure = cause),
      );
    });
    const ok = await begun;
    clearTimeout(timer);
    if (ok) return;
    await this.close();
    throw failure
      ? readError(failure)
      : new StoreError('UNAVAILABLE', 'the replicated store: the member does not answer');
  }

  async *changes(after: Revision, signal: AbortSignal | undefined): AsyncGenerator<ChangeBatch> {
    const { ring } = this;
    if (!ring || this.stopping.signal.aborted) throw new StoreError('CLOSED', 'the store is closed');
    let seen = after;
    if (after < ring.since) {
      for await (const batch of this.history(after, ring, signal)) {
        yield batch;
        seen = batch.revision;
      }
    }
    yield* ring.read(seen, signal);
  }

  /** Ends every feed with CLOSED. Idempotent. */
  async close(): Promise<void> {
    this.stopping.abort();
    this.ring?.close();
    await this.running;
  }

  /** Watches for as long as the store is open. */
  private async follow(onBegun: () => void, onFailure: (cause: unknown) => void): Promise<void> {
    const { leader, capacity, onWritten } = this.parts;
    const { signal } = this.stopping;
    const stopped = () => signal.aborted;
    while (!stopped()) {
      const { ring } = this;
      try {
        // Without a leader, it is to end and not to fall silent.
        for await (const response of this.watch(ring && ring.revision + 1, signal)) {
          leader.observe(response.header.raftTerm);
          if (response.created) {
            this.ring ??= new ChangeRing(response.header.revision, capacity);
            onBegun();
            continue;
          }
          for (const batch of this.batchesOf(response)) this.ring?.push(batch);
          onWritten(bytesOf(response));
        }
      } catch (cause) {
        onFailure(cause);
        if (cause instanceof EtcdError && cause.code === 'COMPACTED') await this.skip();
      }
      await delay(budgets.feedPause, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Goes on from now, since what is missing is gone. */
  private async skip(): Promise<void> {
    try {
      const { client, keyspace } = this.parts;
      const request = { ...keyspace.all, countOnly: true, serializable: true };
      const { header } = await client.range(request, { deadline: budgets.read });
      this.ring?.restart(Number(header?.revision ?? 0n));
    } catch {
      // The watch is begun at the same revision again, and fails again.
    }
  }

  /** Everything after a revision, from etcd itself, until the ring has all that follows. */
  private async *history(
    after: Revision,
    ring: ChangeRing,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<ChangeBatch> {
    const stop = new AbortController();
    const onAbort = () => stop.abort();
    const stopped = () => stop.signal.aborted;
    const signals = [this.stopping.signal, ...(signal ? [signal] : [])];
    for (const one of signals) {
      if (one.aborted) stop.abort();
      one.addEventListener('abort', onAbort, { once: true });
    }
    let seen = after;
    try {
      while (!stopped()) {
        try {
          for await (const response of this.watch(seen + 1, stop.signal)) {
            for (const batch of this.batchesOf(response)) {
              yield batch;
              seen = batch.revision;
              if (seen >= ring.since) return;
            }
          }
        } catch (cause) {
          const error = readError(cause);
          if (error.code !== 'UNAVAILABLE') throw error;
        }
        await delay(budgets.feedPause, undefined, { signal: stop.signal }).catch(() => undefined);
      }
    } finally {
      for (const one of signals) one.removeEventListener('abort', onAbort);
      stop.abort();
    }
  }

  private watch(start: Revision | undefined, signal: AbortSignal) {
    const { client, keyspace } = this.parts;
    const request = { ...keyspace.all, startRevision: BigInt(start ?? 0) };
    return client.watch(request, { signal, requireLeader: true });
  }

  /** etcd never spreads a revision over two responses unless it is asked to. */
  private batchesOf({ events }: WatchAnswer): ChangeBatch[] {
    const batches: { readonly revision: Revision; readonly changes: Change[] }[] = [];
    for (const { deleted, key: etcdKey, value, revision } of events) {
      const key = this.parts.keyspace.fromEtcd(etcdKey);
      const change: Change = deleted ? { type: 'delete', key } : { type: 'put', key, value };
      const last = batches.at(-1);
      if (last?.revision === revision) last.changes.push(change);
      else batches.push({ revision, changes: [change] });
    }
    for (const { changes } of batches) changes.sort((a, b) => Buffer.compare(a.key, b.key));
    return batches;
  }
}

function bytesOf({ events }: WatchAnswer): number {
  return events.reduce((bytes, { key, value }) => bytes + key.length + value.length, 0);
}
