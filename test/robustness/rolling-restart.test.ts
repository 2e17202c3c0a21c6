import { expect, it } from 'vitest';
import { Load } from '../testkit/load.js';
import { TestCluster } from '../testkit/test-cluster.js';

it('restarts one node after the other under load, without a call that fails for good', async () => {
  const cluster = await TestCluster.start(5);
  const load = await Load.start(cluster.nodes, 'r');
  await cluster.healthy(load.caller);
  const begin = performance.now();
  for (const node of cluster.nodes) {
    expect(await node.stop()).toBe(0);
    await load.progress(5);
    await node.start();
    await cluster.healthy(load.caller);
  }
  // The restarts met those who were writing; they had to go elsewhere, and got through.
  expect(load.failures).toBeGreaterThan(0);
  await load.stop();
  for (const node of cluster.nodes) await load.verify(node);
  const gap = Math.round(load.longestGap(begin));
  console.log(`longest time without an acknowledged send in a rolling restart: ${gap} ms`);
}, 300_000);
