import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EtcdClient } from '../../src/etcd/etcd-client.js';
import { list, put, range, remove, take, text, write } from '../../src/kv/contract/fixture.js';
import type { Write } from '../../src/kv/store.js';
import { EtcdStore } from '../../src/kv-etcd/etcd-store.js';
import { eventually } from '../testkit/deadline.js';
import { EtcdCluster } from '../testkit/etcd-cluster.js';
import { TcpProxy } from '../testkit/tcp-proxy.js';

const kinds: Record<string, { writes: Write[]; after: Record<string, string> }> = {
  put: { writes: [put('a', 'new')], after: { a: 'new', b: 'old', c: 'old' } },
  delete: { writes: [remove('a')], after: { b: 'old', c: 'old' } },
  'delete range': { writes: [{ type: 'deleteRange', ...range('a', 'c') }], after: { c: 'old' } },
  mixed: {
    writes: [put('a', 'new'), { type: 'deleteRange', ...range('a', 'c') }, put('b', 'new'), remove('c')],
    after: { b: 'new' },
  },
};

describe('etcd: a connection that is cut', () => {
  let cluster: EtcdCluster;
  let proxy: TcpProxy;
  let client: EtcdClient;
  let store: EtcdStore;
  let places = 0;

  beforeAll(async () => {
    cluster = await EtcdCluster.start(1);
    return () => cluster.stop();
  });
  beforeEach(async () => {
    proxy = await TcpProxy.start(cluster.member(0).address);
    client = new EtcdClient(proxy.address);
    places += 1;
    store = await EtcdStore.open({ client, prefix: `cut${places}/` });
    await write(store, put('a', 'old'), put('b', 'old'), put('c', 'old'));
  });
  afterEach(async () => {
    await store.close();
    client.close();
    await proxy.close();
  });

  /** Of the cluster, asked past the proxy. It rises by one with each transaction that changes anything. */
  async function revision(): Promise<number> {
    const answer = await cluster.member(0).client.range({ key: Buffer.from('x') }, { deadline: 5_000 });
    return Number(answer.header?.revision);
  }

  it.each(Object.entries(kinds))(
    'before the answer: %s is of unknown outcome, and done once',
    async (_, { writes, after }) => {
      const before = await revision();
      proxy.blockAnswers();
      const outcome = expect(store.commit({ checks: [], writes })).rejects.toMatchObject({
        code: 'UNKNOWN_OUTCOME',
        retryable: false,
      });
      await eventually('the commit is applied', async () => (await revision()) > before);
      proxy.cut();
      await outcome;
      expect(await list(store, 'a', 'z')).toEqual(after);
      await write(store, put('later', ''));
      expect(await revision()).toBe(before + 2);
    },
  );

  it.each(Object.entries(kinds))(
    'before the request arrives: %s is of unknown outcome, and not done',
    async (_, { writes }) => {
      const before = await revision();
      proxy.blockRequests();
      const outcome = expect(store.commit({ checks: [], writes })).rejects.toMatchObject({
        code: 'UNKNOWN_OUTCOME',
      });
      await eventually('the request is on its way', () => proxy.heldBack > 0);
      proxy.cut();
      await outcome;
      expect(await list(store, 'a', 'z')).toEqual({ a: 'old', b: 'old', c: 'old' });
      await write(store, put('later', ''));
      expect(await revision()).toBe(before + 1);
    },
  );

  it('lets commits that wait go on, each once', async () => {
    const before = await revision();
    proxy.blockAnswers();
    const first = store.commit({ checks: [], writes: [put('a', '1')] });
    await eventually('the commit is applied', async () => (await revision()) > before);
    const second = store.commit({ checks: [], writes: [put('a', '2')] });
    proxy.cut();
    const outcomes = await Promise.allSettled([first, second]);
    expect(outcomes[0]).toMatchObject({ reason: { code: 'UNKNOWN_OUTCOME' } });
    const refused = outcomes[1].status === 'rejected';
    if (refused) expect(outcomes[1]).toMatchObject({ reason: { code: 'UNAVAILABLE' } });
    expect((await list(store, 'a', 'b')).a).toBe(refused ? '1' : '2');
    expect(await revision()).toBe(before + (refused ? 1 : 2));
  });

  it('does not disturb reads', async () => {
    proxy.blockAnswers();
    const reading = list(store, 'a', 'z');
    const counting = store.count(range('a', 'z'));
    await eventually('answers are held back', () => proxy.heldBack > 0);
    proxy.cut();
    expect(await reading).toEqual({ a: 'old', b: 'old', c: 'old' });
    expect(await counting).toBe(3);
  });

  it('neither tears nor doubles the feed', async () => {
    const { revision: start } = await store.read([]);
    const fed = take(store, start, 60);
    for (let i = 0; i < 60; i += 1) {
      if (i % 20 === 10) {
        proxy.blockAnswers();
        const lost = store.commit({ checks: [], writes: [put('k', String(i))] });
        const applied = async () => (await list(direct, 'k', 'l')).k === String(i);
        const direct = await EtcdStore.open({ client: cluster.member(0).client, prefix: `cut${places}/` });
        await eventually('the commit is applied', applied);
        await direct.close();
        proxy.cut();
        await expect(lost).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME' });
        // Until there is a connection again, commits are refused.
        await store.read([]);
      } else {
        await write(store, put('k', String(i)));
      }
    }
    const values = (await fed).flatMap(({ changes }) =>
      changes.map((change) => (change.type === 'put' ? text(change.value) : 'deleted')),
    );
    expect(values).toEqual(Array.from({ length: 60 }, (_, i) => String(i)));
  });

  it('is told apart from a member that is not there: nothing was sent', async () => {
    await proxy.close();
    const commit = () => store.commit({ checks: [], writes: [put('a', 'new')] });
    await eventually('the connection is seen to be gone', async () => {
      const error: unknown = await commit().catch((cause: unknown) => cause);
      return (error as { code?: string }).code === 'UNAVAILABLE';
    });
    await expect(commit()).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    await expect(store.read([])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });
});
