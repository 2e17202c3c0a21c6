import { join } from 'node:path';
import { expect, it } from 'vitest';
import { NodeRole } from '../../src/api/holdfast/v1/cluster_pb.js';
import { CommandLine } from '../testkit/command-line.js';
import { eventually } from '../testkit/deadline.js';
import { Load } from '../testkit/load.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import { TestCluster } from '../testkit/test-cluster.js';

it('takes a fresh node in the place of a dead one while people write, and then bears two failures again', async () => {
  const cluster = await TestCluster.start(5);
  const load = await Load.start(cluster.nodes, 'r');
  await cluster.healthy(load.caller);
  const shell = new CommandLine(join(await temporaryFolder(), 'home'), '');
  const node = (...words: string[]) => {
    const [first = '', ...rest] = words;
    return shell.run(['node', first, cluster.node(0).configPath, '--node-id', 'node1', ...rest]);
  };
  const lost = cluster.node(4);
  const alive = await node('replace', 'node5');
  expect([alive.status, alive.err]).toEqual([1, expect.stringContaining('node5')]);

  await lost.kill();
  await lost.loseData();
  await load.progress();
  // Under its old name it is refused: it would vote against what it has acknowledged.
  await lost.launch();
  expect([await lost.ended(), lost.log]).toEqual([1, expect.stringContaining('or replace node5')]);

  const replaced = await node('replace', 'node5');
  expect([replaced.status, replaced.err]).toEqual([0, '']);
  await load.progress();
  await lost.start();
  await eventually('it has caught up and votes', async () => {
    const { nodes } = await cluster.node(0).client.cluster.getStatus({}, load.caller);
    return nodes.find(({ id }) => id === 'node5')?.role === NodeRole.FOLLOWER;
  });

  // Were it no voter, two of the four that are left would be no majority.
  await Promise.all([cluster.node(0).kill(), cluster.node(1).kill()]);
  await load.progress(20);
  expect(load.failures).toBeGreaterThan(0);
  await load.stop();
  for (const survivor of cluster.others(0, 1)) await load.verify(survivor);
}, 240_000);
