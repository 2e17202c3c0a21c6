import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { list, put, take, text, write } from '../../src/kv/contract/fixture.js';
import { StoreError } from '../../src/kv/store-error.js';
import { EtcdStore } from '../../src/kv-etcd/etcd-store.js';
import { eventually } from '../testkit/deadline.js';
import { EtcdCluster } from '../testkit/etcd-cluster.js';
import type { EtcdMember } from '../testkit/etcd-member.js';

/** Milliseconds within which a caller has to be refused (guarantee G9). */
const bound = 5_000;

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'OK';
  } catch (error) {
    if (error instanceof StoreError) return error.code;
    throw error;
  }
}

describe.each(['a follower', 'the leader'])('etcd: %s without a majority', (role) => {
  let cluster: EtcdCluster;
  let member: EtcdMember;
  let store: EtcdStore;
  /** Three of five: they answer nobody. */
  let silent: EtcdMember[];

  beforeAll(async () => {
    cluster = await EtcdCluster.start(5);
    return () => cluster.stop();
  });
  beforeEach(async () => {
    const leader = await cluster.leader();
    const own = role === 'the leader' ? leader : (leader + 1) % 5;
    member = cluster.member(own);
    silent = [2, 3, 4].map((step) => cluster.member((own + step) % 5));
    // The leader is among those that fall silent, unless it is the one that is left.
    if (role !== 'the leader' && !silent.includes(cluster.member(leader))) silent[0] = cluster.member(leader);
    store = await EtcdStore.open({ client: member.client });
    await write(store, put('a', 'before'));
  });
  afterEach(async () => {
    for (const one of silent) one.resume();
    await store.close();
    await cluster.healthy();
  });

  it('refuses within 5 s, at once when it knows, and serves again when there is a majority', async () => {
    const { revision } = await store.read([]);
    const fed = take(store, revision, 1);
    await Promise.all(silent.map(async (one) => one.pause()));
    // What one call of a client does at most: a commit, and a read after an unknown outcome.
    const began = performance.now();
    const calls = Array.from({ length: 20 }, async (_, i) => {
      const commit = await codeOf(write(store, put(`k${i}`, '')));
      expect(['UNKNOWN_OUTCOME', 'UNAVAILABLE']).toContain(commit);
      expect(await codeOf(store.read([]))).toBe('UNAVAILABLE');
      expect(await codeOf(store.count({ start: Buffer.from('a'), end: Buffer.from('b') }))).toBe(
        'UNAVAILABLE',
      );
    });
    await Promise.all(calls);
    const took = performance.now() - began;
    process.stdout.write(`${role} without a majority refused after ${Math.round(took)} ms\n`);
    expect(took).toBeLessThan(bound);
    const again = performance.now();
    expect(await codeOf(write(store, put('b', '')))).toBe('UNAVAILABLE');
    expect(await codeOf(store.read([]))).toBe('UNAVAILABLE');
    expect(performance.now() - again).toBeLessThan(100);

    for (const one of silent) one.resume();
    await eventually('the store serves again', async () => (await codeOf(store.read([]))) === 'OK');
    await eventually('it writes again', async () => (await codeOf(write(store, put('a', 'after')))) === 'OK');
    expect((await list(store, 'a', 'b')).a).toBe('after');
    expect((await fed).length).toBe(1);
  });
});

describe('etcd: a member that does not answer', () => {
  let cluster: EtcdCluster;
  let store: EtcdStore;

  beforeAll(async () => {
    cluster = await EtcdCluster.start(3);
    return () => cluster.stop();
  });
  beforeEach(async () => {
    store = await EtcdStore.open({ client: cluster.member(0).client });
  });
  afterEach(async () => {
    cluster.member(0).resume();
    await store.close();
  });

  it('makes its store refuse within 5 s, and serve again when it answers', async () => {
    await write(store, put('a', 'before'));
    await cluster.member(0).pause();
    const began = performance.now();
    expect(['UNKNOWN_OUTCOME', 'UNAVAILABLE']).toContain(await codeOf(write(store, put('k', ''))));
    expect(await codeOf(store.read([]))).toBe('UNAVAILABLE');
    expect(performance.now() - began).toBeLessThan(bound);
    cluster.member(0).resume();
    await eventually(
      'the store serves again',
      async () => (await codeOf(write(store, put('a', 'after')))) === 'OK',
    );
  });

  it('makes opening fail within 10 s', async () => {
    const { client } = cluster.member(1);
    await cluster.member(1).pause();
    const began = performance.now();
    expect(await codeOf(EtcdStore.open({ client }))).toBe('UNAVAILABLE');
    expect(performance.now() - began).toBeLessThan(10_000);
    cluster.member(1).resume();
    const opened = await EtcdStore.open({ client });
    expect((await opened.read([])).results).toEqual([]);
    await opened.close();
  });

  it('misses nothing in the feed when it is killed and started again', async () => {
    const other = await EtcdStore.open({ client: cluster.member(1).client });
    const { revision } = await other.read([]);
    const fed = take(store, revision, 300);
    const values = Array.from({ length: 300 }, (_, i) => String(i));
    for (const value of values) {
      if (value === '100') await cluster.member(0).kill();
      if (value === '200') cluster.member(0).start();
      await writeSurely(other, value);
    }
    const seen = (await fed).flatMap(({ changes }) =>
      changes.map((change) => (change.type === 'put' ? text(change.value) : 'deleted')),
    );
    expect(seen).toEqual(values);
    await other.close();
  });
});

/** Once, also if the leader is gone: what a lost commit has written is looked up. */
async function writeSurely(store: EtcdStore, value: string): Promise<void> {
  const key = Buffer.from('value');
  await eventually(`${value} is written`, async () => {
    const entry = (await store.read([{ key }])).results[0]?.[0];
    if (entry && text(entry.value) === value) return true;
    const checks = [{ key, revision: entry?.revision ?? null }];
    try {
      return (await store.commit({ checks, writes: [put('value', value)] })).ok;
    } catch (error) {
      if (error instanceof StoreError) return false;
      throw error;
    }
  });
}
