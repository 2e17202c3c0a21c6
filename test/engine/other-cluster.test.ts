import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually } from '../testkit/deadline.js';
import { EngineCluster } from '../testkit/engine-cluster.js';
import { get, put } from '../testkit/etcd-keys.js';
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

it('a folder of an earlier cluster of the same nodes does not get into the new one, which has its ids', async () => {
  const cluster = await EngineCluster.start(3, { formation: { patience: 300 } });
  const folder = cluster.nodeFolder('node3');
  const record = async () => {
    const text = await readFile(join(folder, 'holdfast.json'), 'utf8');
    return JSON.parse(text) as { clusterId?: string; memberId?: string };
  };
  await eventually('it has noted that it has started', async () => (await record()).memberId !== undefined);
  await put(cluster.get('node3').client, 'old', 'of the earlier cluster');
  for (const id of cluster.engines.keys()) await cluster.closeNode(id);
  for (const id of ['node1', 'node2']) await rm(cluster.nodeFolder(id), { recursive: true });

  await Promise.all(['node1', 'node2'].map((id) => cluster.startNode(id)));
  const { client } = cluster.get('node1');
  await cluster.get('node1').whenServing();
  await put(client, 'new', 'of this one');
  expect((await cluster.get('node1').status()).member?.clusterId).toBe((await record()).clusterId);
  expect(await cluster.refusal('node3')).toMatchObject({
    code: 'EARLIER_CLUSTER',
    message: expect.stringContaining(`${folder} is of an earlier cluster of these nodes`) as string,
  });
  await cluster.closeNode('node3');
  // As it says.
  await rename(folder, `${folder}.old`);
  await cluster.startNode('node3');
  await cluster.get('node3').whenServing();
  expect(await get(cluster.get('node3').client, 'new')).toBe('of this one');
  expect(await get(cluster.get('node3').client, 'old')).toBeUndefined();
  // From now on it is its own folder.
  await eventually('it has noted that it has started', async () => (await record()).memberId !== undefined);
  await cluster.closeNode('node3');
  await cluster.startNode('node3');
});
