import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EtcdClient } from './etcd-client.js';
import { EtcdError } from './etcd-error.js';

/** Outside of the store's keys: one for each hold. What it was created at is the revision that is held. */
export const holdPrefix = 'e/history/';

/** Milliseconds between two signs of life; far fewer than `HistoryHolds` of the engine waits for one. */
const renewal = 10_000;
const deadline = 5_000;

/**
 * Keeps the history since one revision from being compacted, as long as it is held and shows so: a hold whose process
 * has died is forgotten. A cluster that is full does not wait for it.
 */
export class HistoryHold {
  private readonly end = new AbortController();
  private readonly renewing: Promise<void>;

  private constructor(
    private readonly client: EtcdClient,
    private readonly key: Buffer,
    /** What is held; every write that was acknowledged before is in it. */
    readonly revision: bigint,
  ) {
    this.renewing = this.renew();
  }

  /** Throws EtcdError; NO_SPACE while nothing can be put. */
  static async take(client: EtcdClient): Promise<HistoryHold> {
    const key = Buffer.from(`${holdPrefix}${randomBytes(12).toString('hex')}`);
    const { header } = await client.txn(put(key, 0), { deadline });
    if (!header) throw new EtcdError('OUTCOME_UNKNOWN', 'etcd Txn: no header');
    return new HistoryHold(client, key, header.revision);
  }

  /** Idempotent. When etcd can't be reached, the hold is forgotten in time. */
  async release(): Promise<void> {
    this.end.abort();
    await this.renewing;
    const remove = { case: 'requestDeleteRange' as const, value: { key: this.key } };
    await this.client.txn({ success: [{ request: remove }] }, { deadline }).catch(() => undefined);
  }

  private async renew(): Promise<void> {
    const { signal } = this.end;
    for (let count = 1; ; count += 1) {
      await sleep(renewal, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      // Should it be lost for good, reading says so.
      await this.client.txn(put(this.key, count), { deadline, signal }).catch(() => undefined);
    }
  }
}

function put(key: Buffer, count: number) {
  const value = Buffer.from(String(count));
  return { success: [{ request: { case: 'requestPut' as const, value: { key, value } } }] };
}
