import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import { StoreError } from '../kv/store-error.js';
import type { ChangeBatch, Commit, CommitResult, Store } from '../kv/store.js';

/** What an adapter tells of each batch of commits. */
export type BatchReport = { readonly commits: number; readonly milliseconds: number };

/** Commits of this node whose changes are awaited in the feed, at most. */
const maxAwaited = 10_000;
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** What goes on between this node and its store. */
export class StoreMetrics {
  private readonly commits = new Counter({
    name: 'holdfast_commits_total',
    help: 'Commits of this node that have ended: ok, conflict (tried anew on what is there), unknown outcome, error',
    labelNames: ['outcome'] as const,
    registers: [],
  });
  private readonly commitSeconds = new Histogram({
    name: 'holdfast_commit_seconds',
    help: 'Duration of commits, from asking to the acknowledgement that they are durable',
    buckets: seconds,
    registers: [],
  });
  private readonly waiting = new Gauge({
    name: 'holdfast_commits_waiting',
    help: 'Commits that wait for their turn or for the acknowledgement',
    registers: [],
  });
  private readonly batchSize = new Histogram({
    name: 'holdfast_commit_batch_size',
    help: 'Commits that went to the store together',
    buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024],
    registers: [],
  });
  private readonly batchSeconds = new Histogram({
    name: 'holdfast_commit_batch_seconds',
    help: 'Duration of batches of commits in the store',
    buckets: seconds,
    registers: [],
  });
  private readonly feedRevision = new Gauge({
    name: 'holdfast_feed_revision',
    help: 'The last revision of the store that this node has told its subscribers of',
    registers: [],
  });
  private readonly feedLag: Gauge;
  /** What the feed has brought. */
  private seen = 0;
  /** Own commits that the feed has not brought yet, oldest first. */
  private readonly awaited: { readonly revision: number; readonly since: number }[] = [];

  constructor() {
    const lag = () => this.lag();
    this.feedLag = new Gauge({
      name: 'holdfast_feed_lag_seconds',
      help: 'For how long the oldest commit of this node that its feed has not brought yet is durable; 0: none',
      registers: [],
      collect() {
        this.set(lag());
      },
    });
  }

  /** Called with each batch that has ended. */
  readonly observe = ({ commits, milliseconds }: BatchReport): void => {
    this.batchSize.observe(commits);
    this.batchSeconds.observe(milliseconds / 1_000);
  };

  addTo(registry: Registry): void {
    const { commits, commitSeconds, waiting, batchSize, batchSeconds, feedRevision, feedLag } = this;
    for (const outcome of ['ok', 'conflict', 'unknown', 'error']) commits.inc({ outcome }, 0);
    for (const metric of [commits, commitSeconds, waiting, batchSize, batchSeconds, feedRevision, feedLag]) {
      registry.registerMetric(metric);
    }
  }

  /** The same store, watched. */
  watch(store: Store): Store {
    return {
      read: (requests, options) => store.read(requests, options),
      count: (range, options) => store.count(range, options),
      commit: (commit, options) => this.commit(commit, () => store.commit(commit, options)),
      changes: (after, options) => this.changes(store.changes(after, options)),
      close: () => store.close(),
    };
  }

  private async commit({ writes }: Commit, act: () => Promise<CommitResult>): Promise<CommitResult> {
    const began = performance.now();
    this.waiting.inc();
    try {
      const result = await act();
      this.commits.inc({ outcome: result.ok ? 'ok' : 'conflict' });
      // What only deletes may have changed nothing, and then the feed does not tell of it.
      if (result.ok && writes.some(({ type }) => type === 'put')) this.await(result.revision);
      return result;
    } catch (error) {
      const unknown = error instanceof StoreError && error.code === 'UNKNOWN_OUTCOME';
      this.commits.inc({ outcome: unknown ? 'unknown' : 'error' });
      throw error;
    } finally {
      this.waiting.dec();
      this.commitSeconds.observe((performance.now() - began) / 1_000);
    }
  }

  private await(revision: number): void {
    if (revision <= this.seen || this.awaited.length >= maxAwaited) return;
    this.awaited.push({ revision, since: performance.now() });
  }

  private async *changes(batches: AsyncIterable<ChangeBatch>): AsyncGenerator<ChangeBatch> {
    for await (const batch of batches) {
      // What was handed over is done with when the next one is asked for.
      yield batch;
      this.seen = batch.revision;
      this.feedRevision.set(batch.revision);
      while (this.awaited[0] && this.awaited[0].revision <= batch.revision) this.awaited.shift();
    }
  }

  private lag(): number {
    const [oldest] = this.awaited;
    return oldest ? (performance.now() - oldest.since) / 1_000 : 0;
  }
}
