import type { EtcdClient } from '../etcd/etcd-client.js';
import { EtcdError } from '../etcd/etcd-error.js';
import { StoreError } from '../kv/store-error.js';
import type { Commit, CommitResult } from '../kv/store.js';
import { batchLimits, budgets } from './budgets.js';
import { Effects } from './effects.js';
import { Footprint, Footprints } from './footprint.js';
import type { Keyspace } from './keyspace.js';
import type { LeaderWatch } from './leader-watch.js';
import type { Space } from './space.js';
import { commitError } from './store-errors.js';
import { decodeBatch, encodeBatch } from './txn-codec.js';

/** What is told of each batch when it has ended. */
export type BatchReport = {
  readonly commits: number;
  readonly milliseconds: number;
  readonly ok: boolean;
};

export type GroupCommitParts = {
  readonly client: EtcdClient;
  readonly keyspace: Keyspace;
  readonly leader: Pick<LeaderWatch, 'begin' | 'observe'>;
  readonly space: Space;
  readonly observe: (report: BatchReport) => void;
};

type Pending = {
  readonly commit: Commit;
  /** Counts the commits. */
  readonly number: number;
  readonly footprint: Footprint;
  readonly bytes: number;
  /** When it ends at the latest, on performance.now's clock. */
  readonly expires: number;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: StoreError) => void;
};

/**
 * Sends commits in batches: while some are in flight, the next ones gather. etcd evaluates all checks of a
 * batch before any of its writes, so a commit waits for those before it, in the batch or in flight, that write
 * what it touches or touch what it writes. None is ever sent twice.
 */
export class GroupCommit {
  private queue: Pending[] = [];
  /** Of what is in flight. */
  private readonly running = new Footprints();
  private readonly batches = new Set<Promise<void>>();
  /** Batches that hold up the next ones. */
  private slots = 0;
  private starting = false;
  private submitted = 0;

  constructor(private readonly parts: GroupCommitParts) {}

  submit(commit: Commit): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      this.submitted += 1;
      this.queue.push({
        commit,
        number: this.submitted,
        footprint: new Footprint(commit),
        bytes: sizeOf(commit),
        expires: performance.now() + budgets.commit,
        resolve,
        reject,
      });
      this.startSoon();
    });
  }

  /** Refuses what has not been sent. */
  refuseWaiting(): void {
    const refused = this.queue;
    this.queue = [];
    for (const { reject } of refused) reject(notSent('there is no leader'));
  }

  /** Waits until nothing waits and nothing is in flight. */
  async drain(): Promise<void> {
    while (this.queue.length > 0 || this.batches.size > 0) {
      // What waits now is sent when one of these ends.
      await Promise.all(this.batches);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** What else comes in this turn of the event loop joins it: calls that have arrived together are decoded one by one. */
  private startSoon(): void {
    if (this.starting) return;
    this.starting = true;
    setImmediate(() => {
      this.starting = false;
      this.start();
    });
  }

  private start(): void {
    while (
      this.slots === 0 ||
      (this.slots < batchLimits.inFlight && this.queue.length >= batchLimits.worthwhile)
    ) {
      const batch = this.take();
      if (batch.length === 0) return;
      const sent = this.send(batch).finally(() => {
        this.batches.delete(sent);
        this.startSoon();
      });
      this.batches.add(sent);
    }
  }

  /** The next batch, taken off the queue: what may run beside what is in flight, and beside what waits before it. */
  private take(): Pending[] {
    const now = performance.now();
    const batch: Pending[] = [];
    const left: Pending[] = [];
    const waiting = new Footprints();
    let bytes = 0;
    let full = false;
    for (const pending of this.queue) {
      const { footprint } = pending;
      if (pending.expires - now < budgets.commitLeft) {
        pending.reject(notSent('it waited too long for the commits before it'));
        continue;
      }
      full ||=
        batch.length >= batchLimits.commits ||
        (batch.length > 0 && bytes + pending.bytes > batchLimits.bytes);
      if (full || this.running.conflicts(footprint) || waiting.conflicts(footprint)) {
        left.push(pending);
        if (!full) waiting.add(footprint);
        continue;
      }
      batch.push(pending);
      bytes += pending.bytes;
      this.running.add(footprint);
    }
    this.queue = left;
    return batch;
  }

  /**
   * Answers commits that waited before a batch was sent, and have a check that did not hold right after it: that
   * is a moment within their call. So of many commits on one key, one is sent and the others need not follow.
   */
  private refute(effects: Effects, submitted: number): void {
    const waiting = new Footprints();
    this.queue = this.queue.filter(({ commit, footprint, number, resolve }) => {
      if (number <= submitted && effects.refutes(commit) && !waiting.conflicts(footprint)) {
        resolve({ ok: false });
        return false;
      }
      waiting.add(footprint);
      return true;
    });
  }

  private async send(batch: readonly Pending[]): Promise<void> {
    const { client, keyspace, leader, space, observe } = this.parts;
    const begun = performance.now();
    const { submitted } = this;
    let holdsSlot = true;
    this.slots += 1;
    const release = () => {
      if (holdsSlot) this.slots -= 1;
      holdsSlot = false;
    };
    const call = leader.begin(() => {
      // It hangs at a leader that is gone: the next ones need not wait for it.
      release();
      this.start();
    });
    let ok = false;
    try {
      const request = encodeBatch(
        batch.map(({ commit }) => commit),
        keyspace,
      );
      const deadline = Math.min(...batch.map(({ expires }) => expires)) - begun;
      const answer = await client.txnBytes(request, { deadline, signal: call.signal });
      call.answered();
      const { header, results } = decodeBatch(answer, batch.length);
      leader.observe(header.raftTerm);
      batch.forEach(({ resolve }, i) => resolve(results[i] ?? { ok: false }));
      const applied = batch.filter((_, i) => results[i]?.ok).map(({ commit }) => commit);
      this.refute(new Effects(applied, header.revision), submitted);
      ok = true;
    } catch (cause) {
      if (cause instanceof EtcdError && cause.code === 'NO_SPACE') space.onFull();
      const error = commitError(cause, call.signal.aborted ? String(call.signal.reason) : undefined);
      for (const { reject } of batch) reject(error);
    } finally {
      call.end();
      release();
      for (const { footprint } of batch) this.running.remove(footprint);
      observe({ commits: batch.length, milliseconds: performance.now() - begun, ok });
    }
  }
}

function notSent(reason: string): StoreError {
  return new StoreError('UNAVAILABLE', `the commit was not sent: ${reason}`);
}

function sizeOf({ checks, writes }: Commit): number {
  let bytes = 0;
  for (const { key } of checks) bytes += key.length + 32;
  for (const write of writes) {
    if (write.type === 'deleteRange') bytes += write.start.length + write.end.length + 32;
    else bytes += write.key.length + (write.type === 'put' ? write.value.length : 0) + 32;
  }
  return bytes;
}
