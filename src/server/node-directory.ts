import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Compare_CompareResult, Compare_CompareTarget } from '../etcd/api/etcdserverpb/rpc_pb.js';
import type { EtcdClient } from '../etcd/etcd-client.js';
import type { OwnAddresses } from './backend.js';

// Beside the store's own keys (src/kv-etcd).
const recordPrefix = 'n/';
const secretKey = Buffer.from('s/nodes');
const deadline = 3_000;

const recordSchema = z.object({ server: z.string(), web: z.string() });

/** Where the nodes of a cluster listen for clients, and the secret by which they know each other; kept in etcd. */
export class NodeDirectory {
  private records: ReadonlyMap<string, OwnAddresses> = new Map();
  private shared: string | undefined;

  constructor(private readonly client: EtcdClient) {}

  /** As read last. */
  get(nodeId: string): OwnAddresses | undefined {
    return this.records.get(nodeId);
  }

  get all(): ReadonlyMap<string, OwnAddresses> {
    return this.records;
  }

  /** Undefined until it was read. */
  get secret(): string | undefined {
    return this.shared;
  }

  /** Throws EtcdError. */
  async announce(nodeId: string, addresses: OwnAddresses): Promise<void> {
    const record = Buffer.from(JSON.stringify(addresses));
    const key = Buffer.from(`${recordPrefix}${nodeId}`);
    const known = this.records.get(nodeId);
    if (known?.server === addresses.server && known.web === addresses.web) return;
    await this.client.txn(
      { success: [{ request: { case: 'requestPut', value: { key, value: record } } }] },
      { deadline },
    );
  }

  /** From this node's member, which may be behind; it answers without a majority too. Throws EtcdError. */
  async refresh(): Promise<void> {
    const key = Buffer.from(recordPrefix);
    const rangeEnd = Buffer.from('n0');
    const { kvs } = await this.client.range({ key, rangeEnd, serializable: true }, { deadline });
    const records = new Map<string, OwnAddresses>();
    for (const { key: stored, value } of kvs) {
      const record = recordSchema.safeParse(parse(value));
      const nodeId = Buffer.from(stored).toString().slice(recordPrefix.length);
      if (record.success) records.set(nodeId, record.data);
    }
    this.records = records;
  }

  /** Reads the secret, which the first node to come makes. Throws EtcdError. */
  async readSecret(): Promise<void> {
    if (this.shared !== undefined) return;
    const value = Buffer.from(randomBytes(32).toString('base64url'));
    const { responses } = await this.client.txn(
      {
        compare: [
          {
            result: Compare_CompareResult.EQUAL,
            target: Compare_CompareTarget.CREATE,
            key: secretKey,
            targetUnion: { case: 'createRevision', value: 0n },
          },
        ],
        success: [
          { request: { case: 'requestPut', value: { key: secretKey, value } } },
          { request: { case: 'requestRange', value: { key: secretKey } } },
        ],
        failure: [{ request: { case: 'requestRange', value: { key: secretKey } } }],
      },
      { deadline },
    );
    const last = responses.at(-1)?.response;
    const [entry] = last?.case === 'responseRange' ? last.value.kvs : [];
    if (entry) this.shared = Buffer.from(entry.value).toString();
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}
