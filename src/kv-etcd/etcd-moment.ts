import type { EtcdClient } from '../etcd/etcd-client.js';
import { EtcdError } from '../etcd/etcd-error.js';
import { HistoryHold } from '../etcd/history-hold.js';
import { limits } from '../kv/limits.js';
import type { Moment } from '../kv/moment.js';
import type { KeyRange, ReadRequest, Snapshot } from '../kv/store.js';
import { validateRange, validateRead } from '../kv/validate.js';
import { budgets } from './budgets.js';
import { dataPrefix } from './etcd-store.js';
import { Keyspace } from './keyspace.js';
import { readError } from './store-errors.js';

export type EtcdMomentOptions = {
  /** The moment does not close it. */
  readonly client: EtcdClient;
  /** As of EtcdStore. */
  readonly prefix?: string;
};

/** The replicated store as it was at one moment: reads of one revision, whose history is held meanwhile. */
export class EtcdMoment implements Moment {
  private closing: Promise<void> | undefined;
  private readonly keyspace: Keyspace;

  private constructor(
    private readonly client: EtcdClient,
    private readonly revision: bigint,
    private readonly hold: HistoryHold | undefined,
    prefix: string,
  ) {
    this.keyspace = new Keyspace(prefix);
  }

  /** Throws StoreError. */
  static async open({ client, prefix = dataPrefix }: EtcdMomentOptions): Promise<EtcdMoment> {
    try {
      const hold = await HistoryHold.take(client).catch(whileFull);
      const revision = hold ? hold.revision : await currentRevision(client);
      return new EtcdMoment(client, revision, hold, prefix);
    } catch (cause) {
      throw readError(cause);
    }
  }

  /** Forwards only. */
  async read(requests: readonly ReadRequest[]): Promise<Snapshot> {
    validateRead(requests);
    const success = requests.map((request) => {
      const range =
        'key' in request
          ? { key: this.keyspace.toEtcd(request.key) }
          : {
              ...this.keyspace.rangeToEtcd(request),
              limit: BigInt(request.limit ?? limits.readEntries),
            };
      return { request: { case: 'requestRange' as const, value: { ...range, revision: this.revision } } };
    });
    try {
      const { responses } = success.length > 0 ? await this.client.txn({ success }, call) : { responses: [] };
      const results = responses.map(({ response }) =>
        (response.case === 'responseRange' ? response.value.kvs : []).map(({ key, value, modRevision }) => ({
          key: this.keyspace.fromEtcd(key),
          value,
          revision: Number(modRevision),
        })),
      );
      return { revision: Number(this.revision), results };
    } catch (cause) {
      throw readError(cause);
    }
  }

  async count(range: KeyRange): Promise<number> {
    validateRange(range);
    const request = { ...this.keyspace.rangeToEtcd(range), countOnly: true, revision: this.revision };
    try {
      return Number((await this.client.range(request, call)).count);
    } catch (cause) {
      throw readError(cause);
    }
  }

  async close(): Promise<void> {
    this.closing ??= this.hold?.release() ?? Promise.resolve();
    await this.closing;
  }
}

const call = { deadline: budgets.read };

/** A cluster that is full takes no hold, but is written to little. */
function whileFull(error: unknown): undefined {
  if (!(error instanceof EtcdError) || error.code !== 'NO_SPACE') throw error;
}

async function currentRevision(client: EtcdClient): Promise<bigint> {
  const { header } = await client.range({ key: Buffer.from(dataPrefix), countOnly: true }, call);
  if (!header) throw new EtcdError('OUTCOME_UNKNOWN', 'etcd Range: no header');
  return header.revision;
}
