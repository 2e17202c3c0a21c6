import { beforeAll, describe, expect, it } from 'vitest';
import { put, take, text, write } from '../../src/kv/contract/fixture.js';
import type { ChangeBatch } from '../../src/kv/store.js';
import { EtcdStore } from '../../src/kv-etcd/etcd-store.js';
import { EtcdCluster } from '../testkit/etcd-cluster.js';

const deadline = { deadline: 10_000 };

function values(batches: readonly ChangeBatch[]): string[] {
  return batches.flatMap(({ changes }) =>
    changes.map((change) => (change.type === 'put' ? text(change.value) : 'deleted')),
  );
}

function numbers(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, i) => String(from + i));
}

describe('etcd: the feed', () => {
  let cluster: EtcdCluster;
  let places = 0;

  beforeAll(async () => {
    cluster = await EtcdCluster.start(3);
    return () => cluster.stop();
  });

  async function open(prefix: string, member = 0): Promise<EtcdStore> {
    return EtcdStore.open({ client: cluster.member(member).client, prefix, feedBytes: 10_000 });
  }

  function newPrefix(): string {
    places += 1;
    return `feed${places}/`;
  }

  it('goes from what etcd keeps over to what is in memory, without a gap or a double', async () => {
    const store = await open(newPrefix());
    const { revision } = await store.read([]);
    for (const value of numbers(0, 300)) await write(store, put('k', value));
    const all = take(store, revision, 600);
    const late = take(store, revision, 300);
    for (const value of numbers(300, 600)) await write(store, put('k', value));
    expect(values(await all)).toEqual(numbers(0, 600));
    expect(values(await late)).toEqual(numbers(0, 300));
    await store.close();
  });

  it('tells nothing of other keys', async () => {
    const prefix = newPrefix();
    const store = await open(prefix);
    const other = await open(newPrefix());
    const { revision } = await store.read([]);
    const fed = take(store, revision, 2);
    await write(other, put('theirs', ''));
    await write(store, put('k', 'ours'));
    await write(other, put('theirs', ''));
    await write(store, put('k', 'ours too'));
    expect(values(await fed)).toEqual(['ours', 'ours too']);
    await Promise.all([store.close(), other.close()]);
  });

  it('says so when etcd has compacted what is asked for', async () => {
    const store = await open(newPrefix());
    const { revision } = await store.read([]);
    for (const value of numbers(0, 300)) await write(store, put('k', value));
    const now = (await store.read([])).revision;
    await cluster.member(0).client.compact({ revision: BigInt(now), physical: true }, deadline);
    await expect(take(store, revision, 1)).rejects.toMatchObject({ code: 'COMPACTED' });
    const fed = take(store, now, 1);
    await write(store, put('k', 'next'));
    expect(values(await fed)).toEqual(['next']);
    await store.close();
  });

  it('says so to whoever was up to date, when what a dead member missed is compacted before it is back', async () => {
    const prefix = newPrefix();
    const leader = await cluster.leader();
    const follower = (leader + 1) % 3;
    const store = await open(prefix, follower);
    const writer = await open(prefix, leader);
    await write(writer, put('k', 'seen'));
    const { revision } = await store.read([]);
    const outcome = take(store, revision, 1).catch((error: unknown) => error);
    await cluster.member(follower).kill();
    for (const value of numbers(0, 10)) await write(writer, put('k', value));
    const now = (await writer.read([])).revision;
    await cluster.member(leader).client.compact({ revision: BigInt(now), physical: true }, deadline);
    cluster.member(follower).start();
    expect(await outcome).toMatchObject({ code: 'COMPACTED' });
    // What follows is told again.
    const fed = take(store, now, 1);
    await write(writer, put('k', 'next'));
    expect(values(await fed)).toEqual(['next']);
    await Promise.all([store.close(), writer.close()]);
  });
});
