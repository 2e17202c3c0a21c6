import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { EtcdClient } from '../../src/etcd/etcd-client.js';
import type { Peers } from '../../src/engine/peers.js';
import { eventually } from '../testkit/deadline.js';
import { EngineCluster } from '../testkit/engine-cluster.js';
import { get, put, putSurely } from '../testkit/etcd-keys.js';
import { freePorts } from '../testkit/free-port.js';

const supervision = { firstDelay: 60_000 };

/** Kills a node's member for good, as a machine that breaks. */
async function breakDown(cluster: EngineCluster, id: string): Promise<void> {
  process.kill(cluster.pid(id), 'SIGKILL');
  await eventually('it is down', () => cluster.get(id).state.name === 'restarting');
  await cluster.closeNode(id);
}

async function voters(cluster: EngineCluster, through: string): Promise<Peers> {
  const members = await cluster.get(through).membership.list();
  const voting = members.filter(({ learner, name }) => !learner && name !== '');
  return Object.fromEntries(voting.map(({ name, address }) => [name, address]));
}

/** Puts numbered keys one after the other until it is stopped. */
class Writer {
  readonly acknowledged: number[] = [];
  private stopped = false;
  private readonly work: Promise<void>;

  constructor(client: EtcdClient) {
    this.work = this.run(client);
    onTestFinished(() => this.stop());
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.work;
  }

  private async run(client: EtcdClient): Promise<void> {
    for (let i = 0; !this.stopped; i += 1) {
      try {
        await put(client, `w${i}`, String(i), 1_000);
        this.acknowledged.push(i);
      } catch {
        // It may or may not have been written.
        await sleep(10);
      }
    }
  }
}

it('replaces a dead member at another address while writes go on, and every node learns of it', async () => {
  const cluster = await EngineCluster.start(3, { supervision });
  const { client, membership } = cluster.get('node1');
  const writer = new Writer(client);
  await eventually('something is written', () => writer.acknowledged.length > 20);
  await breakDown(cluster, 'node3');
  await rm(cluster.nodeFolder('node3'), { recursive: true });
  const [port = 0] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const added = await membership.replace('node3', address);
  expect(added).toMatchObject({ name: '', address, learner: true, started: false });
  // It may be asked for again, as after an answer that was lost.
  expect(await membership.replace('node3', address)).toEqual(added);
  const peers = { ...cluster.peers, node3: address };
  expect(await cluster.refusal('node3')).toMatchObject({ code: 'PEERS_DIFFER' });
  await cluster.closeNode('node3');
  await cluster.startNode('node3', { peers });
  await eventually('it votes', async () => (await voters(cluster, 'node1')).node3 === address);
  const before = writer.acknowledged.length;
  await eventually('writes go on', () => writer.acknowledged.length > before + 20);
  await writer.stop();
  await cluster.get('node3').whenServing();
  const last = writer.acknowledged.at(-1) ?? 0;
  expect(await get(cluster.get('node3').client, `w${last}`)).toBe(String(last));
  for (const i of writer.acknowledged.slice(0, 20)) {
    expect(await get(cluster.get('node3').client, `w${i}`)).toBe(String(i));
  }
  // A node that ran meanwhile has learned of it: now it refuses what it was configured with before.
  await eventually('it is said', () => cluster.log.find('warn', 'members have changed').length >= 2);
  await cluster.closeNode('node2');
  expect(await cluster.refusal('node2')).toMatchObject({
    code: 'PEERS_DIFFER',
    message: expect.stringContaining(`node3 is ${cluster.peers.node3 ?? ''} instead of ${address}`) as string,
  });
  const back = await cluster.startNode('node2', { peers });
  await back.whenServing();
  // A majority with the new one.
  await breakDown(cluster, 'node1');
  await eventually('node3 votes', async () =>
    put(back.client, 'last', 'x', 1_000).then(
      () => true,
      () => false,
    ),
  );
});

it('adds and removes a node; the removed one stops for good', async () => {
  const cluster = await EngineCluster.start(3);
  const { membership } = cluster.get('node1');
  const [port = 0] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const peers = { ...cluster.peers, node4: address };
  await expect(membership.add('node4', cluster.peers.node2 ?? '')).rejects.toMatchObject({
    code: 'MEMBER_EXISTS',
  });
  await expect(membership.add('node2', address)).rejects.toMatchObject({ code: 'MEMBER_EXISTS' });
  await expect(membership.add('node4', 'nowhere')).rejects.toMatchObject({ code: 'BAD_PEERS' });
  await membership.add('node4', address);
  // Again, through another node.
  const beside = cluster.get('node2').membership;
  expect(await beside.add('node4', address)).toMatchObject({ address, learner: true });
  expect(await membership.list()).toHaveLength(4);
  await cluster.startNode('node4', { peers });
  await eventually('it votes', async () => (await voters(cluster, 'node2')).node4 === address);
  await cluster.get('node4').whenServing();
  const { state } = cluster.get('node4');
  expect(state.name).toBe('running');
  expect(await membership.remove('node4')).toBe(true);
  expect(await membership.remove('node4')).toBe(false);
  await eventually('it stops', () => cluster.get('node4').state.name === 'stopped');
  expect(cluster.get('node4').state).toMatchObject({ failure: { code: 'REMOVED' } });
  await cluster.closeNode('node4');
  expect(await cluster.refusal('node4', { peers })).toMatchObject({ code: 'REMOVED' });
});

it('refuses to remove what the quorum needs', async () => {
  const cluster = await EngineCluster.start(3, { supervision });
  await breakDown(cluster, 'node3');
  const { membership } = cluster.get('node1');
  await expect(membership.remove('node2')).rejects.toMatchObject({
    code: 'UNSAFE',
    message: 'without node2, 1 of 2 members would be up, and 2 are needed: start another one first',
  });
  await expect(membership.replace('node2')).rejects.toMatchObject({
    code: 'UNSAFE',
    message: 'node2 is up: stop it before it is replaced',
  });
  await expect(membership.replace('node9')).rejects.toMatchObject({ code: 'NO_SUCH_MEMBER' });
  expect(await membership.list()).toHaveLength(3);
  expect((await membership.health()).filter(({ up }) => !up).map(({ name }) => name)).toEqual(['node3']);
  // Without the dead one there are two, and then one: the last stays.
  expect(await membership.remove('node3')).toBe(true);
  expect(await membership.remove('node2')).toBe(true);
  await expect(membership.remove('node1')).rejects.toMatchObject({
    code: 'UNSAFE',
    message: 'node1 is the last voting member: it can not be removed',
  });
  await putSurely(cluster.get('node1').client, 'k', 'v');
});

it('says so when there is no majority to change the members', async () => {
  const cluster = await EngineCluster.start(3, { supervision });
  const { membership } = cluster.get('node1');
  await breakDown(cluster, 'node3');
  await breakDown(cluster, 'node2');
  // etcd 3.4 knows the members without asking the majority.
  await expect(membership.remove('node3')).rejects.toMatchObject({
    code: expect.stringMatching(/^(UNAVAILABLE|UNSAFE)$/) as string,
  });
});
