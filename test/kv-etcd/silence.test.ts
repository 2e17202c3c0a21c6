import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { EtcdClient } from '../../src/etcd/etcd-client.js';
import type { Store } from '../../src/kv/store.js';
import { EtcdStore } from '../../src/kv-etcd/etcd-store.js';
import { clusterCallTime } from '../../src/server/call-time.js';
import { connect, join, password, refusalOf } from '../testkit/api-client.js';
import { serveChat } from '../testkit/chat-nodes.js';
import { eventually } from '../testkit/deadline.js';
import { EtcdCluster } from '../testkit/etcd-cluster.js';
import type { EtcdMember } from '../testkit/etcd-member.js';
import { storeOver } from '../testkit/store-over.js';
import { TcpProxy } from '../testkit/tcp-proxy.js';
import { startChat } from '../testkit/test-chat.js';

/** Milliseconds within which every call has to end (guarantee G9). */
const bound = 5_000;

/** Of a member whose disk hangs: it tells of itself as ever. */
class HangingClient extends EtcdClient {
  constructor(
    target: string,
    private readonly member: EtcdMember,
  ) {
    super(target);
  }

  override status(...args: Parameters<EtcdClient['status']>) {
    return this.member.client.status(...args);
  }
}

type Silence = { readonly client: EtcdClient; begin(): void | Promise<void>; end(): void };

const silences: Record<string, (member: EtcdMember) => Promise<Silence>> = {
  'is stopped': (member) =>
    Promise.resolve({
      client: new EtcdClient(member.address),
      begin: () => member.pause(),
      end: () => member.resume(),
    }),
  'answers nothing but who leads': async (member) => {
    const proxy = await TcpProxy.start(member.address);
    onTestFinished(() => proxy.close());
    return {
      client: new HangingClient(proxy.address, member),
      begin: () => proxy.blockAnswers(),
      end: () => proxy.cut(),
    };
  },
};

/** A plain client of a server with the limits of a cluster's node. */
async function serve(store: Store) {
  const { chat } = await startChat({ store });
  return connect(await serveChat(chat, { callTime: clusterCallTime }));
}

/** How a call was refused, within the bound. */
async function refused(call: Promise<unknown>, limit = bound): Promise<string> {
  const begin = performance.now();
  const refusal = await refusalOf(call);
  expect(performance.now() - begin).toBeLessThan(limit);
  return refusal;
}

describe('a node whose member', () => {
  let cluster: EtcdCluster;
  let stores: EtcdStore[] = [];
  let clients: EtcdClient[] = [];

  beforeAll(async () => {
    cluster = await EtcdCluster.start(1);
    return () => cluster.stop();
  });
  beforeEach(() => {
    stores = [];
    clients = [];
  });
  afterEach(async () => {
    cluster.member(0).resume();
    await Promise.all(stores.map((store) => store.close()));
    for (const client of clients) client.close();
  });

  async function open(client: EtcdClient): Promise<EtcdStore> {
    clients.push(client);
    const store = await EtcdStore.open({ client, prefix: `${clients.length}${Math.random()}/` });
    stores.push(store);
    return store;
  }

  it.each(Object.entries(silences))(
    '%s ends every call within 5 s, says of none that it was not done, and serves again',
    async (_, silence) => {
      const hang = await silence(cluster.member(0));
      const api = await serve(await open(hang.client));
      const [ann, ben] = [await join(api, 'ann'), await join(api, 'ben')];
      const target = { case: 'username' as const, value: 'ben' };
      const send = (text: string) =>
        api.messages.sendMessage({ target, text, clientMessageId: text }, { ...ann, timeoutMs: 10_000 });
      await send('before');
      await hang.begin();
      const unavailable = 'Unavailable STORE_UNAVAILABLE';
      const unknown = 'Unavailable OUTCOME_UNKNOWN';
      const [first, queued, ...others] = await Promise.all([
        refused(send('first')),
        delay(500).then(() => refused(send('queued'))),
        refused(api.messages.listMessages({ target }, ann)),
        refused(api.accounts.createAccount({ username: 'cat', password })),
        refused(api.sessions.login({ username: 'ann', password, deviceName: '' })),
        refused(api.accounts.deleteAccount({ password }, ben)),
      ]);
      // It was sent, and etcd does it, or has done it.
      expect(first).toBe(unknown);
      // It waited for that one, and was not.
      expect(queued).toBe(unavailable);
      expect(others).toEqual(others.map(() => unavailable));
      // Now that it is known, at once.
      expect(await refused(send('later'), 500)).toBe(unavailable);
      hang.end();
      await eventually('it serves again', async () => (await refusalOf(send('first'))) === 'not refused');
      await send('queued');
      const { messages } = await api.messages.listMessages({ target }, ann);
      expect(messages.map(({ text }) => text)).toEqual(['queued', 'first', 'before']);
    },
  );

  it('is slow at each of a call’s steps ends the call within 5 s all the same', async () => {
    const store = await open(new EtcdClient(cluster.member(0).address));
    let slowness = 0;
    const slow = storeOver(store, {
      read: async (...args) => {
        await delay(slowness);
        return store.read(...args);
      },
      commit: async (...args) => {
        await delay(slowness);
        return store.commit(...args);
      },
    });
    const api = await serve(slow);
    const ann = await join(api, 'ann');
    await join(api, 'ben');
    const target = { case: 'username' as const, value: 'ben' };
    slowness = 2_000;
    const send = api.messages.sendMessage({ target, text: 'x', clientMessageId: 'x' }, ann);
    const read = api.messages.listMessages({ target, afterSeq: 0n }, ann);
    const outcomes = await Promise.all([refused(send), refused(read)]);
    expect(outcomes).toEqual(['Unavailable OUTCOME_UNKNOWN', 'Unavailable STORE_UNAVAILABLE']);
    slowness = 0;
    // It went on unheard, or is done by the retry: once.
    await api.messages.sendMessage({ target, text: 'x', clientMessageId: 'x' }, ann);
    const { messages } = await api.messages.listMessages({ target }, ann);
    expect(messages.map(({ text }) => text)).toEqual(['x']);
  });
});
