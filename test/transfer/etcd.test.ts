import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { EtcdStore } from '../../src/kv-etcd/etcd-store.js';
import type { Store } from '../../src/kv/store.js';
import { checkStore } from '../testkit/check-store.js';
import { EtcdCluster } from '../testkit/etcd-cluster.js';
import { Pair, step } from '../testkit/pair.js';
import { storeOver } from '../testkit/store-over.js';
import { say, startChat } from '../testkit/test-chat.js';
import { answersOf, bodyOf, exportText, importText, openStore } from '../testkit/transfer.js';

let cluster: EtcdCluster;
let stores = 0;

beforeAll(async () => {
  cluster = await EtcdCluster.start(3);
});
afterAll(() => cluster.stop());

/** An empty store of the cluster, through one of its members. */
async function clusterStore(): Promise<Store> {
  stores += 1;
  const { client } = cluster.member(stores % 3);
  const store = await EtcdStore.open({ client, prefix: `transfer${stores}/` });
  onTestFinished(() => store.close());
  return store;
}

describe('between a server alone and a cluster', () => {
  it('everything moves, there and back, and goes on in between', async () => {
    const steps = fc.array(step, { minLength: 20, maxLength: 50 });
    await fc.assert(
      fc.asyncProperty(steps, steps, async (before, after) => {
        const alone = await startChat({ store: await openStore() });
        const pair = new Pair(alone);
        await pair.run([{ type: 'create', who: 'ann' }, { type: 'create', who: 'ben' }, ...before]);
        const there = await exportText(alone.store);
        const store = await clusterStore();
        await importText(store, there);
        expect(await checkStore(store)).toEqual([]);
        expect(bodyOf(await exportText(store))).toEqual(bodyOf(there));
        const clustered = await startChat({ store });
        expect(await answersOf(clustered.chat, pair.names())).toEqual(
          await answersOf(alone.chat, pair.names()),
        );
        await pair.moveTo(clustered);
        await pair.run(after);
        await pair.compare();
        const back = await openStore();
        await importText(back, await exportText(store));
        expect(await checkStore(back)).toEqual([]);
        const again = await startChat({ store: back });
        await pair.moveTo(again);
        await pair.compare();
        for (const { chat } of [alone, clustered, again]) await chat.close();
      }),
      { numRuns: 8, endOnFailure: true },
    );
  });

  it('everything arrives while members die and come back', async () => {
    const alone = await startChat();
    const ann = await alone.join('ann');
    const names = Array.from({ length: 30 }, (_, i) => `friend${i}`);
    await Promise.all(names.map(alone.join));
    await Promise.all(
      names.flatMap((name) => Array.from({ length: 80 }, (_, i) => say(alone.chat, ann, name, `${i}`))),
    );
    const text = await exportText(alone.store);

    const store = await clusterStore();
    let commits = 0;
    let interrupted = 0;
    const shake = async () => {
      const member = cluster.member((commits / 15) % 3);
      await member.kill();
      member.start();
    };
    const shaken = storeOver(store, {
      commit: async (commit) => {
        commits += 1;
        const [outcome] = await Promise.allSettled([
          store.commit(commit),
          commits % 15 === 0 ? shake() : undefined,
        ]);
        if (outcome.status === 'fulfilled') return outcome.value;
        interrupted += 1;
        throw outcome.reason;
      },
    });
    await importText(shaken, text, { wait: (milliseconds) => delay(milliseconds), width: 4 });
    // Members really went away under commits.
    expect(interrupted).toBeGreaterThan(0);
    await cluster.healthy();
    expect(bodyOf(await exportText(store))).toEqual(bodyOf(text));
  });
});
