import type { EtcdCallOptions, EtcdClient } from '../etcd/etcd-client.js';
import { holdPrefix } from '../etcd/history-hold.js';

type Seen = { readonly revision: bigint; readonly at: number };

const key = Buffer.from(holdPrefix);
const rangeEnd = Buffer.from(`${holdPrefix.slice(0, -1)}0`);

/**
 * What history others need (`HistoryHold`). One that has shown no sign of life for `patience` milliseconds, by this
 * node's own clock, counts no more and is removed.
 */
export class HistoryHolds {
  private seen: ReadonlyMap<string, Seen> = new Map();

  constructor(
    private readonly client: EtcdClient,
    private readonly patience = 60_000,
  ) {}

  /** The oldest revision that is needed; Infinity: none. Throws EtcdError. */
  async oldest(call: EtcdCallOptions): Promise<number> {
    const { kvs } = await this.client.range({ key, rangeEnd }, call);
    const now = performance.now();
    const seen = new Map<string, Seen>();
    let oldest = Infinity;
    for (const { key: hold, modRevision: revision, createRevision } of kvs) {
      const name = Buffer.from(hold).toString('latin1');
      const before = this.seen.get(name);
      const at = before?.revision === revision ? before.at : now;
      seen.set(name, { revision, at });
      if (now - at <= this.patience) oldest = Math.min(oldest, Number(createRevision));
      else await this.remove(hold, call);
    }
    this.seen = seen;
    return oldest;
  }

  private async remove(hold: Uint8Array, call: EtcdCallOptions): Promise<void> {
    const request = { case: 'requestDeleteRange' as const, value: { key: hold } };
    await this.client.txn({ success: [{ request }] }, call);
  }
}
