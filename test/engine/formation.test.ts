import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually } from '../testkit/deadline.js';
import { EngineCluster } from '../testkit/engine-cluster.js';
import { get, put } from '../testkit/etcd-keys.js';
import { freePorts } from '../testkit/free-port.js';

it('forms a cluster of five, started at once', async () => {
  const cluster = await EngineCluster.start(5);
  await put(cluster.get('node1').client, 'k', 'v');
  expect(await get(cluster.get('node5').client, 'k')).toBe('v');
  const members = await cluster.get('node3').membership.health();
  expect(Object.fromEntries(members.map(({ name, address }) => [name, address]))).toEqual(cluster.peers);
  expect(members.every(({ learner, started, up }) => !learner && started && up)).toBe(true);
  const statuses = await Promise.all([...cluster.engines.values()].map((engine) => engine.status()));
  expect(new Set(statuses.map(({ member }) => member?.leaderId)).size).toBe(1);
  expect(statuses.filter(({ member }) => member?.leads)).toHaveLength(1);
  // Nothing of an ordinary start is worth a warning, but for an old etcd.
  const { warning } = cluster.get('node1').program;
  expect(cluster.log.find('warn', '').filter((message) => message !== warning)).toEqual([]);
});

it('begins with a majority, and takes in the others when they come', async () => {
  const cluster = await EngineCluster.create(5, { formation: { patience: 300 } });
  const early = ['node1', 'node2'].map((id) => cluster.startNode(id));
  await eventually('it is said who is missing', () => cluster.log.find('warn', 'start node').length === 2);
  expect(cluster.log.find('warn', 'start node')).toContain(
    'a new cluster begins with 3 nodes that are up: start node3, node4, node5',
  );
  for (const id of ['node1', 'node2']) expect(cluster.get(id).state.name).toBe('forming');
  await Promise.all([...early, cluster.startNode('node3')]);
  const { client } = cluster.get('node1');
  await cluster.get('node1').whenServing();
  await put(client, 'k', 'v');
  await Promise.all(['node4', 'node5'].map((id) => cluster.startNode(id)));
  for (const id of ['node4', 'node5']) {
    await cluster.get(id).whenServing();
    expect(await get(cluster.get(id).client, 'k')).toBe('v');
  }
  const members = await cluster.get('node5').membership.list();
  await eventually('all have started', async () =>
    (await cluster.get('node5').membership.list()).every(({ started }) => started),
  );
  expect(members.map(({ name }) => name).sort()).toEqual(Object.keys(cluster.peers));
  // They vote: with them, the cluster outlives two of the first three.
  await Promise.all(['node1', 'node2'].map((id) => cluster.closeNode(id)));
  await put(cluster.get('node5').client, 'k2', 'v2');
});

it('never begins anew with a member that has lost its data', async () => {
  const cluster = await EngineCluster.start(3, { formation: { patience: 300 } });
  await put(cluster.get('node1').client, 'k', 'v');
  await cluster.closeNode('node3');
  await rm(cluster.nodeFolder('node3'), { recursive: true });
  // While others run, they know it.
  expect(await cluster.refusal('node3')).toMatchObject({
    code: 'DATA_LOST',
    message: expect.stringContaining('replace node3 as a member') as string,
  });
  await cluster.closeNode('node3');
  await Promise.all(['node1', 'node2'].map((id) => cluster.closeNode(id)));
  // While none runs, it waits for a majority without data, which there is not.
  const refusal = cluster.refusal('node3');
  await eventually('it waits', () => cluster.log.find('warn', 'start node1, node2').length > 0);
  expect((await readdir(cluster.nodeFolder('node3'))).sort()).toEqual(['holdfast.json', 'lock']);
  await cluster.startNode('node1');
  expect(await refusal).toMatchObject({ code: 'DATA_LOST' });
});

it('refuses peers that are not the members, with data and without, and leaves the data alone', async () => {
  const cluster = await EngineCluster.start(3, { formation: { patience: 300 } });
  const [port = 0, other = 0] = await freePorts(2);
  const peers = { ...cluster.peers, node2: `127.0.0.1:${port}` };
  const difference = `node2 is 127.0.0.1:${port} instead of ${cluster.peers.node2 ?? ''}`;
  await cluster.closeNode('node1');
  const marker = join(cluster.nodeFolder('node1'), 'holdfast.json');
  const before = await readFile(marker, 'utf8');
  expect(await cluster.refusal('node1', { peers })).toMatchObject({
    code: 'PEERS_DIFFER',
    message: expect.stringContaining(difference) as string,
  });
  expect(await readFile(marker, 'utf8')).toBe(before);
  const more = { ...cluster.peers, node4: `127.0.0.1:${other}` };
  expect(await cluster.refusal('node4', { peers: more })).toMatchObject({
    code: 'PEERS_DIFFER',
    message: expect.stringContaining(`node4 (127.0.0.1:${other}) is new`) as string,
  });
  const stranger = await cluster.startNode('node1');
  await stranger.whenServing();
});

it('refuses to form a cluster with a node that most others contradict', async () => {
  const cluster = await EngineCluster.create(3, { formation: { patience: 300 } });
  const [port = 0] = await freePorts(1);
  const peers = { ...cluster.peers, node1: `127.0.0.1:${port}` };
  const waiting = [cluster.startNode('node1'), cluster.startNode('node2')];
  await Promise.all(waiting);
  expect(await cluster.refusal('node3', { peers })).toMatchObject({ code: 'PEERS_DIFFER' });
});
