import { expect, it } from 'vitest';
import type { Engine } from '../../src/engine/engine.js';
import { EtcdError } from '../../src/etcd/etcd-error.js';
import { eventually } from '../testkit/deadline.js';
import { EngineCluster } from '../testkit/engine-cluster.js';
import { get, putSurely, remove } from '../testkit/etcd-keys.js';

const mebibyte = 1_048_576;
const quotaBytes = 16 * mebibyte;
const value = Buffer.alloc(100_000, 'x');
const maintenance = { poll: 200, compaction: 400, history: 1_000, tightHistory: 400, defragmentation: 1_000 };

function levels(cluster: EngineCluster): (string | undefined)[] {
  return [...cluster.engines.values()].map((engine) => engine.maintenance.space?.level);
}

async function nextLook({ maintenance }: Engine): Promise<void> {
  const before = maintenance.space;
  await eventually('it looks again', () => maintenance.space !== before);
}

function pids(cluster: EngineCluster): number[] {
  return [...cluster.engines.keys()].map((id) => cluster.pid(id));
}

it('gives back the space of history, so that writing the same keys again never fills the database', async () => {
  const cluster = await EngineCluster.start(3, { maintenance, tuning: { quotaBytes } });
  const { client } = cluster.get('node1');
  // Three times the quota, in the manner of a store: not while it is full.
  for (let i = 0; i * value.length < 3 * quotaBytes; i += 1) {
    await eventually('there is room', () => levels(cluster).every((level) => level !== 'full'));
    await putSurely(client, `k${i % 10}`, value);
    if (i % 10 === 9) await nextLook(cluster.get('node1'));
  }
  await eventually('all is well', () => levels(cluster).every((level) => level === 'ok'));
  expect(cluster.get('node1').maintenance.space?.sizeBytes).toBeLessThan(quotaBytes);
  expect((await cluster.get('node1').status()).member?.alarms).toEqual([]);
});

it('warns, is full, and takes writes again once something is deleted, without a restart', async () => {
  const cluster = await EngineCluster.start(3, { maintenance, tuning: { quotaBytes } });
  const { client } = cluster.get('node1');
  const before = pids(cluster);
  let changes = 0;
  for (const { maintenance } of cluster.engines.values()) maintenance.onLevel(() => (changes += 1));
  const fill = async (level: string) => {
    for (let i = 0; levels(cluster).some((found) => found !== level); i += 1) {
      await putSurely(client, `a${level}${i}`, value);
      if (i % 4 === 3) await nextLook(cluster.get('node1'));
    }
  };
  await fill('warn');
  await fill('full');
  // The reserve is for what frees space; whoever goes on writing reaches the quota itself.
  await putSurely(client, 'b', 'small');
  const refused = await (async () => {
    for (let i = 0; i < 100; i += 1) await putSurely(client, `c${i}`, value);
  })().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(EtcdError);
  expect(refused).toMatchObject({ code: 'NO_SPACE' });
  await eventually('the alarm is known', async () => {
    const { member } = await cluster.get('node3').status();
    return member?.alarms.some(({ type }) => type === 'NOSPACE') ?? false;
  });
  expect(await get(client, 'b')).toBe('small');
  await remove(client, 'a');
  await remove(client, 'c');
  await eventually('all is well', () => levels(cluster).every((level) => level === 'ok'));
  await putSurely(client, 'd', value);
  expect(await get(client, 'b')).toBe('small');
  for (const engine of cluster.engines.values()) {
    expect(engine.maintenance.space?.sizeBytes).toBeLessThan(8 * mebibyte);
    expect((await engine.status()).member?.alarms).toEqual([]);
  }
  expect(pids(cluster)).toEqual(before);
  // Each change is told once by each node.
  const told = ['has reached', 'is full', 'has space again'].flatMap((text) => [
    ...cluster.log.find('warn', text),
    ...cluster.log.find('info', text),
  ]);
  expect(changes).toBeGreaterThanOrEqual(3 * 3);
  expect(told).toHaveLength(changes);
});
