import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bytes, list, put, take, text, write } from '../../src/kv/contract/fixture.js';
import { EtcdStore } from '../../src/kv-etcd/etcd-store.js';
import { EtcdCluster } from '../testkit/etcd-cluster.js';

describe('etcd: several nodes', () => {
  let cluster: EtcdCluster;
  let stores: EtcdStore[];
  let places = 0;

  beforeAll(async () => {
    cluster = await EtcdCluster.start(5);
    return () => cluster.stop();
  });
  beforeEach(async () => {
    places += 1;
    const prefix = `nodes${places}/`;
    stores = await Promise.all(cluster.members.map(({ client }) => EtcdStore.open({ client, prefix })));
    return async () => {
      await Promise.all(stores.map((store) => store.close()));
    };
  });

  it('each see at once what was acknowledged by another, also when their member has fallen behind', async () => {
    const leader = await cluster.leader();
    const behind = (leader + 1) % 5;
    const [writer, reader] = [stores[leader], stores[behind]];
    if (!writer || !reader) throw new Error('no store');
    for (let i = 0; i < 30; i += 1) {
      await cluster.member(behind).pause();
      const revision = await write(writer, put(`k${i}`, ''));
      const reading = Promise.all([
        reader.read([]),
        reader.read([{ key: bytes(`k${i}`) }]),
        reader.count({ start: bytes('a'), end: bytes('z') }),
      ]);
      cluster.member(behind).resume();
      const [empty, full, count] = await reading;
      expect(empty.revision).toBeGreaterThanOrEqual(revision);
      expect(full.revision).toBeGreaterThanOrEqual(revision);
      expect(full.results[0]).toHaveLength(1);
      expect(count).toBe(i + 1);
    }
  });

  it('lose none of 100 increments that each of them makes of the same', async () => {
    const key = bytes('counter');
    await Promise.all(
      stores.map(async (store) => {
        for (let done = 0; done < 20;) {
          const entry = (await store.read([{ key }])).results[0]?.[0];
          const value = String(Number(entry ? text(entry.value) : 0) + 1);
          const checks = [{ key, revision: entry?.revision ?? null }];
          if ((await store.commit({ checks, writes: [put('counter', value)] })).ok) done += 1;
        }
      }),
    );
    for (const store of stores) expect(await list(store, 'counter', 'd')).toEqual({ counter: '100' });
  });

  it('are fed the same, whichever of them commits', async () => {
    const [first] = stores;
    const { revision } = (await first?.read([])) ?? { revision: 0 };
    const feeds = stores.map((store) => take(store, revision, 51));
    await Promise.all(
      stores.map(async (store, node) => {
        for (let i = 0; i < 10; i += 1) await write(store, put(`k${i}`, `of ${node}`));
      }),
    );
    if (first) await write(first, put('end', ''));
    const [expected, ...others] = await Promise.all(feeds);
    for (const feed of others) expect(feed).toEqual(expected);
    expect(expected?.flatMap(({ changes }) => changes)).toHaveLength(51);
  });
});
