import { afterAll, beforeAll, expect, it } from 'vitest';
import type { EtcdClient } from '../../src/etcd/etcd-client.js';
import { raiseClusterSchema } from '../../src/server/cluster-schema.js';
import { EtcdCluster } from '../testkit/etcd-cluster.js';
import { putSurely } from '../testkit/etcd-keys.js';

let cluster: EtcdCluster;

beforeAll(async () => {
  cluster = await EtcdCluster.start(1);
});
afterAll(() => cluster.stop());

/** As the program of a node says what it knows; undefined: as one of before there were other schemas. */
async function announce(client: EtcdClient, node: string, schema: number | undefined): Promise<void> {
  const record = { server: `${node}:1`, web: `http://${node}:2`, schema };
  await putSurely(client, `n/${node}`, Buffer.from(JSON.stringify(record)));
}

it('the schema rises when all members have said that they know it, and no further', async () => {
  const { client } = cluster.member(0);
  const raise = (newest: number) => raiseClusterSchema(client, ['a', 'b'], newest);
  expect(await raise(3)).toBeUndefined();
  await announce(client, 'a', 3);
  expect(await raise(3)).toBeUndefined();
  await announce(client, 'b', undefined);
  expect(await raise(3)).toBeUndefined();
  await announce(client, 'b', 2);
  await announce(client, 'other', 1);
  expect(await raise(1)).toBeUndefined();
  expect(await raise(3)).toBe(2);
  expect(await raise(3)).toBeUndefined();
  // It never sinks.
  await announce(client, 'b', 1);
  expect(await raise(3)).toBeUndefined();
  await announce(client, 'b', 3);
  expect(await raise(3)).toBe(3);
});

it('a node that says meanwhile that it runs an older program keeps it from rising', async () => {
  const { client } = cluster.member(0);
  await announce(client, 'c', 9);
  const late = new Proxy(client, {
    get: (target, name) => {
      if (name !== 'txn') return Reflect.get(target, name) as unknown;
      return async (...args: Parameters<EtcdClient['txn']>) => {
        const [{ compare }] = args;
        if (compare && compare.length > 0) await announce(client, 'c', 8);
        return target.txn(...args);
      };
    },
  });
  expect(await raiseClusterSchema(late, ['c'], 9)).toBeUndefined();
  expect(await raiseClusterSchema(client, ['c'], 9)).toBe(8);
});
