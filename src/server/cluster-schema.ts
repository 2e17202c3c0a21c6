import { keys } from '../chat/keys.js';
import { records } from '../chat/records.js';
import { newestSchema } from '../chat/schema.js';
import { Compare_CompareResult, Compare_CompareTarget } from '../etcd/api/etcdserverpb/rpc_pb.js';
import type { KeyValue } from '../etcd/api/mvccpb/kv_pb.js';
import type { EtcdClient } from '../etcd/etcd-client.js';
import { dataPrefix } from '../kv-etcd/etcd-store.js';
import { Keyspace } from '../kv-etcd/keyspace.js';
import { decodeNodeRecord, nodePrefix } from './node-directory.js';
import type { NodeRecord } from './node-directory.js';

const schemaKey = new Keyspace(dataPrefix).toEtcd(keys.schema());
const deadline = 3_000;

/** What a node has told of itself that last ran on this machine, or elsewhere under its name. Throws EtcdError. */
export async function readNodeRecord(client: EtcdClient, nodeId: string): Promise<NodeRecord | undefined> {
  const { kvs } = await client.range({ key: keyOf(nodeId) }, { deadline });
  return kvs[0] && decodeNodeRecord(kvs[0].value);
}

/**
 * Raises the schema of the cluster's data to the newest one that the programs of all its members know, as they have said
 * themselves. In one transaction with what they said: a node that starts an older program says so before it looks at the
 * schema, and then either keeps it from rising, or sees that it has risen. `newest`: that this program knows. Returns the schema if it was raised. Throws
 * EtcdError.
 */
export async function raiseClusterSchema(
  client: EtcdClient,
  members: readonly string[],
  newest = newestSchema,
): Promise<number | undefined> {
  const wanted = [schemaKey, ...members.map(keyOf)];
  const range = (key: Uint8Array) => ({ request: { case: 'requestRange' as const, value: { key } } });
  const { responses } = await client.txn({ success: wanted.map(range) }, { deadline });
  const found = responses.map(({ response }) =>
    response.case === 'responseRange' ? response.value.kvs[0] : undefined,
  );
  const [stored, ...nodes] = found;
  const current = stored ? records.schema.decode(stored.value).version : 1;
  const known = nodes.map((entry) => (entry && decodeNodeRecord(entry.value))?.schema ?? 1);
  const schema = Math.min(newest, ...known);
  if (members.length === 0 || schema <= current) return undefined;
  const value = records.schema.encode({ version: schema });
  const put = { request: { case: 'requestPut' as const, value: { key: schemaKey, value } } };
  const compare = wanted.map((key, i) => unchanged(key, found[i]));
  const { succeeded } = await client.txn({ compare, success: [put] }, { deadline });
  return succeeded ? schema : undefined;
}

function keyOf(nodeId: string): Uint8Array {
  return Buffer.from(`${nodePrefix}${nodeId}`);
}

function unchanged(key: Uint8Array, entry: KeyValue | undefined) {
  return {
    key,
    target: Compare_CompareTarget.MOD,
    result: Compare_CompareResult.EQUAL,
    targetUnion: { case: 'modRevision' as const, value: entry?.modRevision ?? 0n },
  };
}
