import { stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { EngineState } from '../../src/engine/engine.js';
import { findMembers } from '../../src/engine/orphan.js';
import { parseAddress } from '../../src/engine/peers.js';
import { eventually } from '../testkit/deadline.js';
import { EngineCluster } from '../testkit/engine-cluster.js';
import { EngineProcess } from '../testkit/engine-process.js';
import { get, put } from '../testkit/etcd-keys.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

async function isAlive(pid: number): Promise<boolean> {
  return (await stat(`/proc/${pid}/cwd`).catch(() => undefined)) !== undefined;
}

describe('a member', () => {
  it('listens in a folder that only this user can enter, however long its path is', async () => {
    const serverData = join(await temporaryFolder(), 'd'.repeat(100), 'e'.repeat(100));
    const cluster = await EngineCluster.start(1, { serverData });
    const { client } = cluster.get('node1');
    await put(client, 'k', 'v');
    expect(await get(client, 'k')).toBe('v');
    expect((await stat(join(serverData, 'node1'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(serverData, 'node1', 'etcd:0'))).isSocket()).toBe(true);
  });

  it('is started again when it dies, more and more slowly, and says so', async () => {
    const cluster = await EngineCluster.start(1, { supervision: { firstDelay: 20, steady: 60_000 } });
    const engine = cluster.get('node1');
    await put(engine.client, 'k', 'v');
    const states: EngineState[] = [];
    engine.onState((state) => states.push(state));
    for (let deaths = 1; deaths <= 3; deaths += 1) {
      process.kill(cluster.pid('node1'), 'SIGKILL');
      await eventually(
        'it runs again',
        () => states.length === 2 * deaths && engine.state.name === 'running',
      );
    }
    expect(states.map(({ name }) => name)).toEqual(Array(3).fill(['restarting', 'running']).flat());
    expect(states[4]).toEqual({ name: 'restarting', reason: 'signal SIGKILL', attempt: 3 });
    const delays = cluster.log.lines.flatMap(({ fields }) => ('delay' in fields ? [fields.delay] : []));
    expect(delays).toEqual([20, 40, 80]);
    await engine.whenServing();
    expect(await get(engine.client, 'k')).toBe('v');
    const pid = cluster.pid('node1');
    await engine.close();
    expect(engine.state).toEqual({ name: 'stopped' });
    expect(await isAlive(pid)).toBe(false);
  });

  it('takes part without a majority, and knows no leader then', async () => {
    const cluster = await EngineCluster.start(3);
    await Promise.all(['node1', 'node2', 'node3'].map((id) => cluster.closeNode(id)));
    const engine = await cluster.startNode('node2');
    expect(engine.state.name).toBe('running');
    expect((await engine.status()).member?.hasLeader ?? false).toBe(false);
    await cluster.startNode('node3');
    await engine.whenServing();
    expect((await engine.status()).member).toMatchObject({
      hasLeader: true,
      learner: false,
      alarms: [],
      version: expect.stringMatching(/^3\./) as string,
    });
  });

  it('hands its leadership over before it ends', async () => {
    const cluster = await EngineCluster.start(3);
    const leader = await cluster.leader();
    const [other = ''] = Object.keys(cluster.peers).filter((id) => id !== leader);
    const { term = 0 } = (await cluster.get(other).status()).member ?? {};
    await cluster.closeNode(leader);
    const after = (await cluster.get(other).status()).member;
    expect(after).toMatchObject({ hasLeader: true, term: term + 1 });
    await put(cluster.get(other).client, 'k', 'v', 300);
  });

  it('refuses to start, in one line, when its port is taken: with data and without', async () => {
    const cluster = await EngineCluster.create(1);
    const address = cluster.peers.node1 ?? '';
    const { port } = parseAddress(address) ?? { port: 0 };
    const message = `the Raft port ${address} is taken by another program: end that one, or change the port`;
    const occupy = async () => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
      onTestFinished(() => void other.close());
      return other;
    };
    const other = await occupy();
    expect(await cluster.refusal('node1')).toMatchObject({ code: 'PORT_TAKEN', message });
    await cluster.closeNode('node1');
    other.close();
    await cluster.startNode('node1');
    await cluster.closeNode('node1');
    await occupy();
    expect(await cluster.refusal('node1')).toMatchObject({ code: 'PORT_TAKEN', message });
    expect(cluster.get('node1').state.name).toBe('stopped');
    expect(await findMembers(cluster.nodeFolder('node1'), 'node1')).toEqual([]);
  });

  it('refuses to start, in one line, on damaged data', async () => {
    const cluster = await EngineCluster.start(1);
    await cluster.closeNode('node1');
    await writeFile(join(cluster.nodeFolder('node1'), 'etcd', 'member', 'snap', 'db'), 'x'.repeat(70_000));
    expect(await cluster.refusal('node1')).toMatchObject({
      code: 'START_FAILED',
      message: expect.stringMatching(/^etcd in \S+ does not start: exit status \d+: .*invalid/) as string,
    });
  });

  it('refuses to start, in one line, with a program that is not etcd', async () => {
    const cluster = await EngineCluster.create(1, { etcdPath: process.execPath });
    expect(await cluster.refusal('node1')).toMatchObject({ code: 'NO_PROGRAM' });
  });

  it('has its folder for itself', async () => {
    const cluster = await EngineCluster.start(1);
    expect(await cluster.refusal('node1')).toMatchObject({
      code: 'IN_USE',
      message: expect.stringContaining('in use by another server') as string,
    });
    await put(cluster.get('node1').client, 'k', 'v');
  });

  it('can be closed while it waits for the others, and while it starts', async () => {
    const cluster = await EngineCluster.create(3);
    const waiting = await cluster.openNode('node1');
    const started = waiting.start();
    const refused = expect(started).rejects.toMatchObject({ code: 'CLOSED' });
    await eventually('it waits', () => waiting.state.name === 'forming');
    await waiting.close();
    await refused;
    const single = await EngineCluster.create(1);
    const engine = await single.openNode('node1');
    const refusedToo = expect(engine.start()).rejects.toMatchObject({ code: 'CLOSED' });
    await eventually('it starts', () => engine.state.name === 'starting');
    await engine.close();
    await refusedToo;
    expect(await findMembers(single.nodeFolder('node1'), 'node1')).toEqual([]);
  });
});

describe('a member whose node is killed', () => {
  it('ends with it', async () => {
    const cluster = await EngineCluster.create(1);
    const options = { nodeId: 'node1', serverData: cluster.folder, peers: cluster.peers };
    const node = await EngineProcess.start(options, true);
    const [pid = 0] = await node.members();
    expect(await isAlive(pid)).toBe(true);
    // Halted, it can't end by itself either, at the first line that it can't log.
    process.kill(pid, 'SIGSTOP');
    await node.kill();
    await eventually('it has ended', async () => !(await isAlive(pid)), 5_000);
  });

  it('is ended by the next start, where it could not be tied to the node', async () => {
    const cluster = await EngineCluster.create(1);
    const options = { nodeId: 'node1', serverData: cluster.folder, peers: cluster.peers };
    const node = await EngineProcess.start(options, false);
    const [orphan = 0] = await node.members();
    process.kill(orphan, 'SIGSTOP');
    await node.kill();
    expect(await isAlive(orphan)).toBe(true);
    const engine = await cluster.startNode('node1');
    expect(await isAlive(orphan)).toBe(false);
    expect(cluster.log.find('warn', 'an earlier run of this node left')).toHaveLength(1);
    await engine.whenServing();
    // Another program that works in the folder is not touched.
    expect(await findMembers(cluster.nodeFolder('node1'), 'node2')).toEqual([]);
    expect(await findMembers(cluster.nodeFolder('node1'), 'node1')).toEqual([cluster.pid('node1')]);
  });
});
