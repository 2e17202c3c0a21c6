import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { newestSchema } from '../chat/schema.js';
import { Compare_CompareResult, Compare_CompareTarget } from '../etcd/api/etcdserverpb/rpc_pb.js';
import type { EtcdClient } from '../etcd/etcd-client.js';
import type { OwnAddresses } from './backend.js';

// Beside the store's own keys (src/kv-etcd).
export const nodePrefix = 'n/';
const secretKey = Buffer.from('s/nodes');
const deadline = 3_000;

const recordSchema = z.object({
  server: z.string(),
  web: z.string(),
  /** The newest form of data that the node's program knows; programs of before there were others say none. */
  schema: z.int().min(1).default(1),
});

export type NodeRecord = z.infer<typeof recordSchema>;

/** Undefined for what no node has written. */
export function decodeNodeRecord(value: Uint8Array): NodeRecord | undefined {
  return recordSchema.safeParse(parse(value)).data;
}

/** Where the nodes of a cluster listen for clients, and the secret by which they know each other; kept in etcd. */
export class NodeDirectory {
  private records: ReadonlyMap<string, NodeRecord> = new Map();
  private shared: string | undefined;

  constructor(private readonly client: EtcdClient) {}

  /** As read last. */
  get(nodeId: string): NodeRecord | undefined {
    return this.records.get(nodeId);
  }

  get all(): ReadonlyMap<string, NodeRecord> {
    return this.records;
  }

  /** Undefined until it was read. */
  get secret(): string | undefined {
    return this.shared;
  }

  /** Tells the others where this node is, and which data its program knows. Throws EtcdError. */
  async announce(nodeId: string, addresses: OwnAddresses): Promise<void> {
    const record = Buffer.from(JSON.stringify({ ...addresses, schema: newestSchema }));
    const key = Buffer.from(`${nodePrefix}${nodeId}`);
    const known = this.records.get(nodeId);
    const { server, web } = addresses;
    if (known?.server === server && known.web === web && known.schema === newestSchema) return;
    await this.client.txn(
      { success: [{ request: { case: 'requestPut', value: { key, value: record } } }] },
      { deadline },
    );
  }

  /** From this node's member, which may be behind; it answers without a majority too. Throws EtcdError. */
  async refresh(): Promise<void> {
    const key = Buffer.from(nodePrefix);
    const rangeEnd = Buffer.from('n0');
    const { kvs } = await this.client.range({ key, rangeEnd, serializable: true }, { deadline });
    const records = new Map<string, NodeRecord>();
    for (const { key: stored, value } of kvs) {
      const record = decodeNodeRecord(value);
      const nodeId = Buffer.from(stored).toString().slice(nodePrefix.length);
      if (record) records.set(nodeId, record);
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
