import { beforeAll, describe, expect, it } from 'vitest';
import { AlarmRequest_AlarmAction, AlarmType } from '../../src/etcd/api/etcdserverpb/rpc_pb.js';
import { bytes, list, put, range, remove, write } from '../../src/kv/contract/fixture.js';
import { StoreError } from '../../src/kv/store-error.js';
import type { Commit, Write } from '../../src/kv/store.js';
import { EtcdStore } from '../../src/kv-etcd/etcd-store.js';
import { EtcdCluster } from '../testkit/etcd-cluster.js';

const deadline = { deadline: 30_000 };
const big = 'x'.repeat(60_000);

describe('etcd: space', () => {
  let cluster: EtcdCluster;

  beforeAll(async () => {
    cluster = await EtcdCluster.start(3, { quotaBytes: 4_000_000 });
    return () => cluster.stop();
  });

  async function revision(): Promise<number> {
    const answer = await cluster.member(0).client.range({ key: Buffer.from('x') }, deadline);
    return Number(answer.header?.revision);
  }

  /** Gives back what was deleted, as the supervisor of a member does. */
  async function free(): Promise<void> {
    const { client } = cluster.member(0);
    await client.compact({ revision: BigInt(await revision()), physical: true }, deadline);
    for (const member of cluster.members) await member.client.defragment(deadline);
    const { alarms } = await client.alarm({ action: AlarmRequest_AlarmAction.GET }, deadline);
    expect(alarms.map(({ alarm }) => alarm)).toContain(AlarmType.NOSPACE);
    for (const { memberID, alarm } of alarms) {
      await client.alarm({ action: AlarmRequest_AlarmAction.DEACTIVATE, memberID, alarm }, deadline);
    }
  }

  it('is refused when it is used up, until there is space again; reading and deleting go on', async () => {
    const stores = await Promise.all(cluster.members.map(({ client }) => EtcdStore.open({ client })));
    const [store] = stores;
    if (!store) throw new Error('no store');
    const lost: string[] = [];
    const stored: string[] = [];
    // Two nodes at once, until each is refused.
    await Promise.all(
      stores.slice(0, 2).map(async (one, node) => {
        for (let i = 0; ; i += 1) {
          const key = `big${node}-${i}`;
          try {
            await write(one, put(key, big));
            stored.push(key);
          } catch (error) {
            if (!(error instanceof StoreError)) throw error;
            if (error.code === 'OUT_OF_SPACE') return;
            // The one that reaches the quota may have been applied.
            expect(error.code).toBe('UNKNOWN_OUTCOME');
            lost.push(key);
          }
        }
      }),
    );
    expect(stored.length).toBeGreaterThan(20);
    expect(stored.length).toBeLessThan(100);
    expect(lost.length).toBeLessThanOrEqual(4);
    const kept = Object.keys(await list(store, 'big', 'bih'));
    expect(kept.filter((key) => !lost.includes(key)).sort()).toEqual(stored.sort());

    const before = await revision();
    await expect(write(store, put('small', ''))).rejects.toMatchObject({
      code: 'OUT_OF_SPACE',
      retryable: false,
    });
    const mixed: Write[] = [remove(stored[0] ?? ''), put('tombstone', '')];
    await expect(store.commit({ checks: [], writes: mixed, reserve: true })).rejects.toMatchObject({
      code: 'OUT_OF_SPACE',
    });
    const opened = await EtcdStore.open({ client: cluster.member(2).client });
    await expect(write(opened, put('small', ''))).rejects.toMatchObject({ code: 'OUT_OF_SPACE' });
    await opened.close();
    expect(await revision()).toBe(before);
    await write(store, { type: 'deleteRange', ...range('big', 'bih') });
    expect(await list(store, 'big', 'bih')).toEqual({});

    await free();
    await expect(refusedUntilNow(store)).resolves.toBe('written');
    await Promise.all(stores.map((one) => one.close()));
  });

  it('is kept back for deleting when the node says so', async () => {
    let full = false;
    const store = await EtcdStore.open({
      client: cluster.member(1).client,
      prefix: 'kept/',
      full: () => full,
    });
    await write(store, put('a', ''));
    full = true;
    const commit = (extra: Partial<Commit>) =>
      store.commit({ checks: [], writes: [put('b', ''), remove('a')], ...extra });
    const before = await revision();
    await expect(commit({})).rejects.toMatchObject({ code: 'OUT_OF_SPACE' });
    await expect(commit({ reserve: false })).rejects.toMatchObject({ code: 'OUT_OF_SPACE' });
    expect(await revision()).toBe(before);
    expect((await commit({ reserve: true })).ok).toBe(true);
    expect((await store.read([{ key: bytes('a') }])).results[0]).toEqual([]);
    full = false;
    expect((await commit({})).ok).toBe(true);
    await store.close();
  });
});

/** Within a second after there is space, a store notices by itself. */
async function refusedUntilNow(store: EtcdStore): Promise<string> {
  for (const end = performance.now() + 1_000; ;) {
    try {
      await write(store, put('small', ''));
      return 'written';
    } catch (error) {
      if (performance.now() > end || !(error instanceof StoreError) || error.code !== 'OUT_OF_SPACE')
        throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
