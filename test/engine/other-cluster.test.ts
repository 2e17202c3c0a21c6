import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually } from '../testkit/deadline.js';
import { EngineCluster } from '../testkit/engine-cluster.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

it('a node takes no word about its cluster from another one at the addresses of its peers', async () => {
  const cluster = await EngineCluster.start(3);
  const marker = async () => {
    const text = await readFile(join(cluster.nodeFolder('node1'), 'holdfast.json'), 'utf8');
    return JSON.parse(text) as { clusterId?: string; memberId?: string };
  };
  await eventually(
    'it has noted which cluster it is of',
    async () => (await marker()).clusterId !== undefined,
  );
  for (const id of ['node1', 'node2', 'node3']) await cluster.closeNode(id);
  // Two nodes of another cluster, which knows no node1.
  const { node2 = '', node3 = '' } = cluster.peers;
  const settings = { peers: { node2, node3 }, serverData: await temporaryFolder() };
  await Promise.all(['node2', 'node3'].map((id) => cluster.startNode(id, settings)));
  await cluster.get('node2').whenServing();
  const { clusterId } = (await cluster.get('node2').status()).member ?? {};
  expect(clusterId).not.toBe((await marker()).clusterId);
  // Not told that it was removed: it waits for its own peers.
  const engine = await cluster.startNode('node1');
  expect(engine.state.name).toBe('running');
});
