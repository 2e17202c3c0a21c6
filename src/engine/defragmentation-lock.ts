import { Compare_CompareResult, Compare_CompareTarget } from '../etcd/api/etcdserverpb/rpc_pb.js';
import type { EtcdClient } from '../etcd/etcd-client.js';

/** Outside of the store's keys. */
const key = Buffer.from('e/defragmentation', 'ascii');

/**
 * Lets one member of the cluster defragment at a time. Who holds it may die: then the others take it over
 * once they have seen it unchanged for `patience` milliseconds, by their own clocks. No lease is needed for
 * that.
 */
export class DefragmentationLock {
  private seen: { readonly revision: bigint; readonly at: number } | undefined;
  private held: bigint | undefined;

  constructor(
    private readonly client: EtcdClient,
    private readonly nodeId: string,
    private readonly patience: number,
    private readonly deadline = 5_000,
  ) {}

  /** False: another member has it. Throws EtcdError; NO_SPACE while nothing can be put. */
  async tryAcquire(signal: AbortSignal): Promise<boolean> {
    const call = { deadline: this.deadline, signal };
    const { kvs } = await this.client.range({ key }, call);
    const [holder] = kvs;
    const revision = holder?.modRevision ?? 0n;
    // What this node left behind when it was killed is its own.
    const free =
      !holder || Buffer.from(holder.value).toString() === this.nodeId || this.isAbandoned(revision);
    if (!free) return false;
    const put = { case: 'requestPut' as const, value: { key, value: Buffer.from(this.nodeId) } };
    const answer = await this.client.txn(
      { compare: [unchanged(revision)], success: [{ request: put }] },
      call,
    );
    if (answer.succeeded) this.held = answer.header?.revision;
    return answer.succeeded;
  }

  /** Throws EtcdError; then the lock is taken over by others in time. */
  async release(signal: AbortSignal): Promise<void> {
    if (this.held === undefined) return;
    const remove = { case: 'requestDeleteRange' as const, value: { key } };
    const request = { compare: [unchanged(this.held)], success: [{ request: remove }] };
    this.held = undefined;
    await this.client.txn(request, { deadline: this.deadline, signal });
  }

  private isAbandoned(revision: bigint): boolean {
    const now = performance.now();
    if (this.seen?.revision !== revision) this.seen = { revision, at: now };
    return now - this.seen.at > this.patience;
  }
}

function unchanged(revision: bigint) {
  return {
    key,
    target: Compare_CompareTarget.MOD,
    result: Compare_CompareResult.EQUAL,
    targetUnion: { case: 'modRevision' as const, value: revision },
  };
}
