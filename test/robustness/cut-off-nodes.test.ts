import { Code } from '@connectrpc/connect';
import { expect, it } from 'vitest';
import { eventually } from '../testkit/deadline.js';
import { Load } from '../testkit/load.js';
import { TestCluster } from '../testkit/test-cluster.js';
import type { TestNode } from '../testkit/test-cluster.js';

/** A call through a node alone: how it ended and how long that took. */
async function sendThrough(node: TestNode, caller: object, clientMessageId: string) {
  const target = { case: 'username' as const, value: 'c0b' };
  const begin = performance.now();
  const request = { target, text: `through ${node.id}`, clientMessageId };
  const code = await node.client.messages.sendMessage(request, { ...caller, timeoutMs: 10_000 }).then(
    () => 'stored',
    (error: unknown) => Code[(error as { code: number }).code],
  );
  return { code, time: performance.now() - begin };
}

async function readThrough(node: TestNode, caller: object) {
  const target = { case: 'username' as const, value: 'c0b' };
  const begin = performance.now();
  const code = await node.client.messages.listMessages({ target }, { ...caller, timeoutMs: 10_000 }).then(
    () => 'read',
    (error: unknown) => Code[(error as { code: number }).code],
  );
  return { code, time: performance.now() - begin };
}

it('refuses on the side that is cut off, and goes on on the other, the leader among them (G9)', async () => {
  const cluster = await TestCluster.start(5);
  const load = await Load.start(cluster.nodes, 'c');
  await cluster.healthy(load.caller);
  const leader = await cluster.leader(load.caller);
  const follower = (leader + 1) % 5;
  for (const number of [follower, leader]) {
    const node = cluster.node(number);
    const failures = load.failures;
    cluster.network.isolate(number);
    // Its clients are still connected to it.
    await eventually(`${node.id} refuses`, async () => {
      const sent = await sendThrough(node, load.caller, `cut-${number}`);
      expect(sent.time).toBeLessThan(5_500);
      return sent.code === 'Unavailable';
    });
    const read = await readThrough(node, load.caller);
    expect(read.code).toBe('Unavailable');
    expect(read.time).toBeLessThan(5_500);
    await load.progress(20);
    // Some had to go elsewhere: the fault met those who were writing.
    expect(load.failures).toBeGreaterThan(failures);
    cluster.network.heal(number);
    await cluster.healthy(load.caller);
    expect((await sendThrough(node, load.caller, `healed-${number}`)).code).toBe('stored');
  }
  await load.stop();
  for (const node of cluster.nodes) await load.verify(node, [/^through /]);
}, 200_000);

it('bears a leader and a follower that are paused, and takes them back when they go on', async () => {
  const cluster = await TestCluster.start(5);
  const load = await Load.start(cluster.nodes, 'c');
  await cluster.healthy(load.caller);
  const leader = await cluster.leader(load.caller);
  const paused = [cluster.node(leader), cluster.node((leader + 2) % 5)];
  const failures = load.failures;
  for (const node of paused) node.pause();
  await load.progress(20);
  expect(load.failures).toBeGreaterThan(failures);
  const [other] = cluster.others(...paused.map(({ number }) => number));
  const status = await other?.client.cluster.getStatus({}, load.caller);
  expect(status?.faultsToleratedNow).toBe(0);
  expect(status?.faultsToleratedMax).toBe(2);
  for (const node of paused) node.resume();
  await cluster.healthy(load.caller);
  await load.progress(5);
  await load.stop();
  for (const node of cluster.nodes) await load.verify(node);
}, 200_000);
