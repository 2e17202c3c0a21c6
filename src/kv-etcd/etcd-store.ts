import { setTimeout as delay } from 'node:timers/promises';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { RangeRequest_SortOrder, RangeRequest_SortTarget } from '../etcd/api/etcdserverpb/rpc_pb.js';
import type { RangeRequestSchema, RangeResponse } from '../etcd/api/etcdserverpb/rpc_pb.js';
import type { EtcdCallOptions, EtcdClient } from '../etcd/etcd-client.js';
import { limits } from '../kv/limits.js';
import { StoreError } from '../kv/store-error.js';
import type {
  CallOptions,
  ChangeBatch,
  Commit,
  CommitResult,
  KeyRange,
  ReadRequest,
  Revision,
  Snapshot,
  Store,
} from '../kv/store.js';
import { validateCommit, validateRange, validateRead } from '../kv/validate.js';
import { budgets } from './budgets.js';
import { EtcdFeed } from './etcd-feed.js';
import { GroupCommit } from './group-commit.js';
import type { BatchReport } from './group-commit.js';
import { Keyspace } from './keyspace.js';
import { LeaderWatch } from './leader-watch.js';
import { Space } from './space.js';
import { readError } from './store-errors.js';

/** What the store's keys in etcd start with: short, since every revision of every key holds it. */
export const dataPrefix = 'd/';

export type EtcdStoreOptions = {
  /** Of this node's member. The store does not close it. */
  readonly client: EtcdClient;
  /** ASCII, not empty. Default: `dataPrefix`. */
  readonly prefix?: string;
  /** While it returns true, commits without `reserve` are refused with OUT_OF_SPACE. Default: never. */
  readonly full?: () => boolean;
  /** Bytes of changes kept in memory for `changes`. Default: 32 MiB. */
  readonly feedBytes?: number;
  /** Called with the bytes of keys and values that were written, through any node. */
  readonly onWritten?: (bytes: number) => void;
  /** Called with each batch of commits when it has ended. */
  readonly observe?: (report: BatchReport) => void;
};

/** A store that every node of a cluster shares, reached through this node's etcd member. */
export class EtcdStore implements Store {
  private closing: Promise<void> | undefined;
  private readonly reads = new Set<Promise<unknown>>();
  private readonly leader: LeaderWatch;
  private readonly space: Space;
  private readonly group: GroupCommit;
  private readonly feed: EtcdFeed;
  private readonly keyspace: Keyspace;
  private readonly client: EtcdClient;

  private constructor(options: EtcdStoreOptions) {
    const { client } = options;
    this.client = client;
    this.keyspace = new Keyspace(options.prefix ?? dataPrefix);
    this.leader = new LeaderWatch(client, () => this.group.refuseWaiting());
    this.space = new Space(client, options.full ?? (() => false));
    this.group = new GroupCommit({
      client,
      keyspace: this.keyspace,
      leader: this.leader,
      space: this.space,
      observe: options.observe ?? (() => undefined),
    });
    this.feed = new EtcdFeed({
      client,
      keyspace: this.keyspace,
      leader: this.leader,
      capacity: options.feedBytes ?? 32 * 1_024 * 1_024,
      onWritten: options.onWritten ?? (() => undefined),
    });
  }

  /** Throws UNAVAILABLE when the member does not serve within 5 s. */
  static async open(options: EtcdStoreOptions): Promise<EtcdStore> {
    const store = new EtcdStore(options);
    try {
      await store.feed.start();
      await store.space.look();
    } catch (error) {
      store.leader.close();
      throw error;
    }
    return store;
  }

  async read(requests: readonly ReadRequest[], options: CallOptions = {}): Promise<Snapshot> {
    this.requireServing(options);
    validateRead(requests);
    // etcd answers a transaction without a range from what the member has, without asking the others.
    const ranges = requests.length > 0 ? requests.map((request) => this.encode(request)) : [this.nothing()];
    const success = ranges.map((value) => ({ request: { case: 'requestRange' as const, value } }));
    return this.attempt(options, async (call) => {
      const { header, responses } = await this.client.txn({ success }, call);
      this.leader.observe(header?.raftTerm);
      const results = responses
        .slice(0, requests.length)
        .map(({ response }) => (response.case === 'responseRange' ? this.decode(response.value) : []));
      return { revision: Number(header?.revision ?? 0n), results };
    });
  }

  async count(range: KeyRange, options: CallOptions = {}): Promise<number> {
    this.requireServing(options);
    validateRange(range);
    const request = { ...this.keyspace.rangeToEtcd(range), countOnly: true };
    return this.attempt(options, async (call) => Number((await this.client.range(request, call)).count));
  }

  async commit(commit: Commit, options: CallOptions = {}): Promise<CommitResult> {
    this.requireServing(options);
    validateCommit(commit);
    if (this.space.isLookDue(commit)) {
      await this.space.look();
      this.requireServing(options);
    }
    this.space.require(commit);
    const { signal } = options;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        reject(new StoreError('UNKNOWN_OUTCOME', 'the wait for a commit was given up'));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.group
        .submit(commit)
        .then(resolve, reject)
        .finally(() => signal?.removeEventListener('abort', onAbort));
    });
  }

  async *changes(after: Revision, options: CallOptions = {}): AsyncGenerator<ChangeBatch> {
    if (this.closing) throw closed();
    yield* this.feed.changes(after, options.signal);
  }

  async close(): Promise<void> {
    this.closing ??= this.release();
    await this.closing;
  }

  private async release(): Promise<void> {
    await this.group.drain();
    await Promise.allSettled(this.reads);
    await this.feed.close();
    this.leader.close();
  }

  private requireServing({ signal }: CallOptions): void {
    if (this.closing) throw closed();
    if (signal?.aborted) throw new StoreError('UNAVAILABLE', 'the call was given up before it began');
    if (this.leader.lost) throw leaderless();
  }

  /** Reads, again where that may help, within the budget. */
  private async attempt<T>(options: CallOptions, read: (call: EtcdCallOptions) => Promise<T>): Promise<T> {
    const reading = this.attempts(options, read);
    this.reads.add(reading);
    try {
      return await reading;
    } finally {
      this.reads.delete(reading);
    }
  }

  private async attempts<T>(
    { signal }: CallOptions,
    read: (call: EtcdCallOptions) => Promise<T>,
  ): Promise<T> {
    const end = performance.now() + budgets.read;
    const givenUp = () => signal?.aborted ?? false;
    for (;;) {
      const call = this.leader.begin();
      signal?.addEventListener('abort', call.abort, { once: true });
      try {
        const result = await read({ deadline: end - performance.now(), signal: call.signal });
        call.answered();
        return result;
      } catch (cause) {
        const error = readError(cause);
        if (givenUp()) throw new StoreError('UNAVAILABLE', 'the wait for a read was given up', { cause });
        if (this.leader.lost) throw leaderless(cause);
        if (!error.retryable || end - performance.now() < 2 * budgets.readPause) throw error;
      } finally {
        call.end();
        signal?.removeEventListener('abort', call.abort);
      }
      await delay(budgets.readPause);
    }
  }

  private encode(request: ReadRequest): MessageInitShape<typeof RangeRequestSchema> {
    if ('key' in request) return { key: this.keyspace.toEtcd(request.key) };
    return {
      ...this.keyspace.rangeToEtcd(request),
      limit: BigInt(request.limit ?? limits.readEntries),
      ...(request.reverse && {
        sortOrder: RangeRequest_SortOrder.DESCEND,
        sortTarget: RangeRequest_SortTarget.KEY,
      }),
    };
  }

  /** A range that asks for nothing but the revision. */
  private nothing(): MessageInitShape<typeof RangeRequestSchema> {
    return { key: this.keyspace.all.key, countOnly: true };
  }

  private decode({ kvs }: RangeResponse) {
    return kvs.map(({ key, value, modRevision }) => ({
      key: this.keyspace.fromEtcd(key),
      value,
      revision: Number(modRevision),
    }));
  }
}

function closed(): StoreError {
  return new StoreError('CLOSED', 'the store is closed');
}

function leaderless(cause?: unknown): StoreError {
  return new StoreError('UNAVAILABLE', 'the replicated store: no majority of the nodes is in reach', {
    cause,
  });
}
