import { expect, it, onTestFinished } from 'vitest';
import { HistoryHolds } from '../../src/engine/history-holds.js';
import { EtcdMoment } from '../../src/kv-etcd/etcd-moment.js';
import { EtcdStore } from '../../src/kv-etcd/etcd-store.js';
import type { Moment } from '../../src/kv/moment.js';
import { eventually } from '../testkit/deadline.js';
import { EngineCluster } from '../testkit/engine-cluster.js';

const maintenance = { poll: 50, compaction: 50, history: 100, tightHistory: 100 };
const key = Buffer.from('key');

async function valueIn(moment: Moment): Promise<string> {
  const { results } = await moment.read([{ key }]);
  return Buffer.from(results[0]?.[0]?.value ?? '').toString();
}

it('a moment stays readable while history is compacted, until it is closed', async () => {
  const cluster = await EngineCluster.start(1, { maintenance });
  const { client } = cluster.get('node1');
  const store = await EtcdStore.open({ client });
  onTestFinished(() => store.close());
  const put = async (value: string) =>
    store.commit({ checks: [], writes: [{ type: 'put', key, value: Buffer.from(value) }] });
  await put('first');
  const moment = await EtcdMoment.open({ client });
  const range = { start: Buffer.from('a'), end: Buffer.from('z') };
  const { revision } = await moment.read([]);
  const isCompacted = async (wanted: bigint) =>
    client.range({ key: Buffer.from('x'), revision: wanted }, { deadline: 5_000 }).then(
      () => false,
      (error: unknown) => (error as { code?: string }).code === 'COMPACTED',
    );
  await put('second');
  // Everything before it goes, as it would without it.
  await eventually('history is compacted', async () => {
    await put('later');
    return isCompacted(BigInt(revision) - 1n);
  });
  // Far longer than the history that is kept.
  const until = performance.now() + 600;
  await eventually('time has passed', async () => {
    await put('later');
    return performance.now() > until;
  });
  expect(await valueIn(moment)).toBe('first');
  expect(await moment.count(range)).toBe(1);
  await moment.close();
  await eventually('it is compacted, too', async () => {
    await put('later');
    return isCompacted(BigInt(revision));
  });
  await expect(valueIn(moment)).rejects.toMatchObject({ code: 'COMPACTED' });
});

it('a hold that shows no sign of life is forgotten', async () => {
  const cluster = await EngineCluster.start(1);
  const { client } = cluster.get('node1');
  const moment = await EtcdMoment.open({ client });
  onTestFinished(() => moment.close());
  const { revision } = await moment.read([]);
  const call = { deadline: 5_000 };
  const patient = new HistoryHolds(client);
  expect(await patient.oldest(call)).toBe(revision);
  const impatient = new HistoryHolds(client, 50);
  expect(await impatient.oldest(call)).toBe(revision);
  await eventually('it is forgotten', async () => (await impatient.oldest(call)) === Infinity);
  expect(await patient.oldest(call)).toBe(Infinity);
});
