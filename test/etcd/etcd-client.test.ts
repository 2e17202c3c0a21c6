import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EtcdClient } from '../../src/etcd/etcd-client.js';
import { EtcdError } from '../../src/etcd/etcd-error.js';
import { eventually } from '../testkit/deadline.js';
import { EtcdCluster } from '../testkit/etcd-cluster.js';

const options = { deadline: 5_000 };

function put(key: string) {
  const value = { key: Buffer.from(key), value: Buffer.from('value') };
  return { request: { case: 'requestPut' as const, value } };
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'OK';
  } catch (error) {
    if (error instanceof EtcdError) return error.code;
    throw error;
  }
}

describe('client of etcd', () => {
  let cluster: EtcdCluster;
  let client: EtcdClient;

  beforeAll(async () => {
    cluster = await EtcdCluster.start(3);
    client = cluster.member(0).client;
    return () => cluster.stop();
  });
  afterEach(() => {
    for (const member of cluster.members) member.resume();
  });

  it('reads, writes, and tells of the member', async () => {
    const written = await client.txn({ success: [put('a')] }, options);
    expect(written.succeeded).toBe(true);
    const { kvs } = await client.range({ key: Buffer.from('a') }, options);
    expect(kvs.map(({ modRevision }) => modRevision)).toEqual([written.header?.revision]);
    const status = await client.status(options);
    expect(status.version).toMatch(/^3\./);
    expect(status.leader).not.toBe(0n);
  });

  it('watches until it is told to stop, which is no error', async () => {
    const stop = new AbortController();
    const keys: string[] = [];
    const watching = (async () => {
      const request = { key: Buffer.from('w'), rangeEnd: Buffer.from('x') };
      for await (const { created, events } of client.watch(request, { signal: stop.signal })) {
        if (created) await client.txn({ success: [put('w1'), put('w2')] }, options);
        keys.push(...events.map(({ key }) => Buffer.from(key).toString()));
        if (keys.length >= 2) stop.abort();
      }
    })();
    await watching;
    expect(keys).toEqual(['w1', 'w2']);
  });

  it('says which revisions are gone', async () => {
    await client.txn({ success: [put('a')] }, options);
    const { header } = await client.txn({ success: [put('a')] }, options);
    const revision = header?.revision ?? 0n;
    await client.compact({ revision, physical: true }, options);
    expect(await codeOf(client.range({ key: Buffer.from('a'), revision: revision - 1n }, options))).toBe(
      'COMPACTED',
    );
    const old = async () => {
      const request = { key: Buffer.from('a'), startRevision: revision - 1n };
      for await (const response of client.watch(request, { signal: new AbortController().signal })) {
        expect(response.events).toEqual([]);
      }
    };
    expect(await codeOf(old())).toBe('COMPACTED');
  });

  it('hands over a snapshot', async () => {
    let bytes = 0;
    let left = 1n;
    for await (const { blob, remainingBytes } of client.snapshot({ signal: new AbortController().signal })) {
      bytes += blob.length;
      left = remainingBytes;
    }
    expect(left).toBe(0n);
    expect(bytes).toBeGreaterThan(10_000);
  });

  it('moves the leader, and adds, promotes and removes members', async () => {
    const leader = await cluster.leader();
    const target = await cluster.member((leader + 1) % 3).client.status(options);
    const targetID = target.header?.memberId ?? 0n;
    const elsewhere = cluster.member((leader + 2) % 3).client;
    expect(await codeOf(elsewhere.moveLeader({ targetID }, options))).toBe('NOT_LEADER');
    await cluster.member(leader).client.moveLeader({ targetID }, options);
    await eventually('the leader has moved', async () => (await client.status(options)).leader === targetID);

    const { members } = await client.memberList({ linearizable: true }, options);
    const peerURLs = members[0]?.peerURLs ?? [];
    const add = () => codeOf(client.memberAdd({ peerURLs }, options));
    // etcd changes no members until all have been connected for 5 s.
    await eventually('members may be changed', async () => (await add()) !== 'UNHEALTHY');
    expect(await add()).toBe('MEMBER_EXISTS');
    const added = await client.memberAdd({ peerURLs: ['http://127.0.0.1:1'], isLearner: true }, options);
    const ID = added.member?.ID ?? 0n;
    expect(await codeOf(client.memberPromote({ ID }, options))).toBe('LEARNER_NOT_READY');
    expect(await codeOf(client.memberPromote({ ID: members[0]?.ID ?? 0n }, options))).toBe(
      'MEMBER_NOT_LEARNER',
    );
    await client.memberUpdate({ ID, peerURLs: ['http://127.0.0.1:2'] }, options);
    const left = await client.memberRemove({ ID }, options);
    expect(left.members).toHaveLength(3);
    expect(await codeOf(client.memberRemove({ ID }, options))).toBe('MEMBER_NOT_FOUND');
  });

  it('says when nothing can have been done', async () => {
    const nowhere = new EtcdClient('127.0.0.1:1');
    expect(await codeOf(nowhere.txn({ success: [put('a')] }, options))).toBe('NOT_SENT');
    nowhere.close();
    nowhere.close();
    expect(await codeOf(nowhere.status(options))).toBe('NOT_SENT');
    const signal = AbortSignal.abort();
    expect(await codeOf(client.txn({ success: [put('a')] }, { ...options, signal }))).toBe('NOT_SENT');
    expect(await codeOf(client.txn({ success: [put('a'), put('a')] }, options))).toBe('INVALID');
  });

  it('gives up after the deadline, or when told to, and then knows nothing', async () => {
    await cluster.member(0).pause();
    const began = performance.now();
    expect(await codeOf(client.txn({ success: [put('a')] }, { deadline: 200 }))).toBe('OUTCOME_UNKNOWN');
    expect(performance.now() - began).toBeLessThan(3_000);
    const stop = new AbortController();
    const call = codeOf(client.txn({ success: [put('a')] }, { ...options, signal: stop.signal }));
    stop.abort();
    expect(await call).toBe('OUTCOME_UNKNOWN');
  });

  it('ends what runs when it closes', async () => {
    const own = new EtcdClient(cluster.member(1).address);
    await own.status(options);
    await cluster.member(1).pause();
    const calls = [codeOf(own.status(options)), codeOf(own.txn({ success: [put('a')] }, options))];
    own.close();
    for (const code of await Promise.all(calls)) expect(['OUTCOME_UNKNOWN', 'NOT_SENT']).toContain(code);
  });

  it('is refused by a member without a leader, if it asks for that', async () => {
    await cluster.member(1).pause();
    await cluster.member(2).pause();
    await eventually('the member has no leader', async () => (await client.status(options)).leader === 0n);
    const call = client.txn({ success: [put('a')] }, { ...options, requireLeader: true });
    expect(await codeOf(call)).toBe('NO_LEADER');
  });
});
