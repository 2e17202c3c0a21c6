import type { EtcdClient } from '../../src/etcd/etcd-client.js';
import { EtcdError } from '../../src/etcd/etcd-error.js';
import { eventually } from './deadline.js';

/** Puts a key; throws EtcdError. */
export async function put(
  client: EtcdClient,
  key: string,
  value: string | Uint8Array,
  deadline = 5_000,
): Promise<void> {
  const request = { key: Buffer.from(key), value: Buffer.from(value) };
  await client.txn({ success: [{ request: { case: 'requestPut', value: request } }] }, { deadline });
}

/** Puts a key, again and again while leadership moves. */
export async function putSurely(client: EtcdClient, key: string, value: string | Uint8Array): Promise<void> {
  await eventually(`${key} is put`, async () =>
    put(client, key, value).then(
      () => true,
      (error: unknown) => {
        if (error instanceof EtcdError && error.code === 'OUTCOME_UNKNOWN') return false;
        throw error;
      },
    ),
  );
}

/** Undefined when there is none; throws EtcdError. */
export async function get(client: EtcdClient, key: string): Promise<string | undefined> {
  const { kvs } = await client.range({ key: Buffer.from(key) }, { deadline: 5_000 });
  const [found] = kvs;
  return found && Buffer.from(found.value).toString();
}

/** All keys that start so. */
export async function remove(client: EtcdClient, prefix: string): Promise<void> {
  const key = Buffer.from(prefix);
  const rangeEnd = Buffer.from(key);
  rangeEnd[rangeEnd.length - 1] = (rangeEnd.at(-1) ?? 0) + 1;
  const request = { key, rangeEnd };
  await client.txn(
    { success: [{ request: { case: 'requestDeleteRange', value: request } }] },
    { deadline: 5_000 },
  );
}
