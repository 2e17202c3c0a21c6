import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { NodeHealth } from '../../src/api/holdfast/v1/cluster_pb.js';
import { connect, join, login, refusalOf } from '../testkit/api-client.js';
import type { ApiClient } from '../testkit/api-client.js';
import { eventually } from '../testkit/deadline.js';
import { failDisk } from '../testkit/failing-disk.js';
import { freePorts } from '../testkit/free-port.js';
import { processTree } from '../testkit/process-tree.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import { startChat, say } from '../testkit/test-chat.js';

const hour = 3_600_000;
const jumping = {
  NODE_OPTIONS: `--import=${fileURLToPath(new URL('../testkit/jumping-clock.js', import.meta.url))}`,
};
const target = { case: 'username' as const, value: 'ben' };

/** ann, who writes to ben; it is known what she was promised. */
class Ann {
  readonly acknowledged = new Map<string, number>();
  private sent = 0;

  private constructor(
    readonly client: ApiClient,
    private readonly caller: Awaited<ReturnType<typeof join>>,
  ) {}

  static async start(server: ServerProcess): Promise<Ann> {
    const client = connect(server.address);
    const ann = new Ann(client, await join(client, 'ann'));
    await join(client, 'ben');
    expect(await ann.send()).toBe('not refused');
    return ann;
  }

  /** Sends a text of some length. What it returns is `refusalOf`. */
  async send(length = 10): Promise<string> {
    this.sent += 1;
    const text = `${this.sent} ${'x'.repeat(length)}`;
    const call = this.client.messages.sendMessage(
      { target, text, clientMessageId: String(this.sent) },
      { ...this.caller, timeoutMs: 20_000 },
    );
    const keep = call.then(({ message }) => this.acknowledged.set(text, Number(message?.seq)));
    return refusalOf(keep);
  }

  async status() {
    return this.client.cluster.getStatus({}, this.caller);
  }

  /** Her sessions, once she has logged in again. */
  async newSession() {
    await login(this.client, 'ann');
    return this.client.sessions.listSessions({}, this.caller);
  }

  async sendsAgain(): Promise<void> {
    await eventually('sending works again', async () => (await this.send()) === 'not refused');
  }

  /** All that was acknowledged is where it was said to be, numbers have no gaps, and times follow them. */
  async expectKept(client = this.client): Promise<void> {
    const texts: string[] = [];
    const times: number[] = [];
    for (;;) {
      const request = { target, afterSeq: BigInt(texts.length), pageSize: 200 };
      const { messages } = await client.messages.listMessages(request, this.caller);
      if (messages.length === 0) break;
      for (const { seq, text, createTime } of messages) {
        expect(Number(seq)).toBe(texts.push(text));
        times.push(Number(createTime?.seconds));
      }
    }
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    for (const [text, seq] of this.acknowledged) expect(texts[seq - 1]).toBe(text);
    expect(new Set(texts).size).toBe(texts.length);
  }
}

async function startNode(folder: string, env: Readonly<Record<string, string>>) {
  const [raft = 0] = await freePorts(1);
  const config = { distributed_mode: true, peers: { node1: `127.0.0.1:${raft}` } };
  const node = await ServerProcess.start(folder, { config, nodeId: 'node1', env });
  const member = () => processTree(node.pid).find((pid) => pid !== node.pid) ?? 0;
  return { node, member };
}

it('a server alone whose disk or file descriptors fail refuses, says why, and goes on afterwards', async () => {
  const folder = await temporaryFolder();
  const server = await ServerProcess.start(folder);
  const ann = await Ann.start(server);
  const repair = await failDisk(server.pid);
  // Nobody knows whether it is on the disk: so it is said (G9).
  for (let i = 0; i < 3; i += 1) expect(await ann.send()).toBe('Unavailable OUTCOME_UNKNOWN');
  expect(server.log).toMatch(/"level":50.*can not be kept in .*Input\/output error; look at its disk/);
  await repair();
  await ann.sendsAgain();
  await ann.expectKept();

  const [, usual = 1_024] =
    /^Max open files +(\d+)/m.exec(await readFile(`/proc/${server.pid}/limits`, 'utf8')) ?? [];
  const used = new Set((await readdir(`/proc/${server.pid}/fd`)).map(Number));
  const open = Array.from({ length: 65_536 }, (_, i) => i).find((number) => !used.has(number)) ?? 0;
  const limit = (files: number | string) =>
    execFileSync('prlimit', ['--pid', String(server.pid), `--nofile=${files}:`]);
  limit(open);
  // Nobody new gets in; who is there goes on.
  const late = connect(server.address);
  const call = late.accounts.createAccount(
    { username: 'late', password: 'correct horse' },
    { timeoutMs: 1_000 },
  );
  expect(await refusalOf(call)).not.toBe('not refused');
  expect(await ann.send()).toBe('not refused');
  limit(usual);
  await eventually('others get in again', async () => {
    const next = connect(server.address);
    const caller = { username: `late${Math.random()}`.slice(0, 20), password: 'correct horse' };
    return (await refusalOf(next.accounts.createAccount(caller, { timeoutMs: 2_000 }))) === 'not refused';
  });
  await ann.sendsAgain();
  expect(await server.stop()).toBe(0);
  const again = await ServerProcess.start(folder);
  await ann.expectKept(connect(again.address));
});

it('a node whose member finds a failing disk, or no memory, says why, and goes on, also when its clock jumps', async () => {
  const folder = await temporaryFolder();
  const clock = joinPath(folder, 'clock');
  await writeFile(clock, '0');
  const { node, member } = await startNode(folder, { ...jumping, JUMPING_CLOCK: clock });
  const ann = await Ann.start(node);
  const first = member();
  const repair = await failDisk(first);
  // It may have been started again before the call has ended: then it is done.
  expect(await ann.send()).toMatch(/^Unavailable |^not refused$/);
  await eventually('etcd has ended', () => member() !== first);
  await repair();
  await ann.sendsAgain();
  expect(node.log).toMatch(/etcd has ended \(exit status 1: .*input\/output error\); it is started again/);
  await ann.expectKept();

  const second = member();
  expect(second).toBeGreaterThan(0);
  // Less than it has mapped already: the next memory, or thread, that it asks the kernel for, it does not get.
  execFileSync('prlimit', ['--pid', String(second), '--as=1000000']);
  await eventually('etcd has ended', async () => {
    await ann.send(16_000);
    return member() !== second;
  });
  await ann.sendsAgain();
  expect(node.log).toMatch(
    /etcd has ended .*(out of memory|allocate memory|pthread_create failed).*; it is started again/,
  );
  await ann.expectKept();

  // The machine's own clock, which its member goes by, stays.
  for (const hours of [30, -100, 0]) {
    await writeFile(clock, String(hours * hour));
    expect(await ann.send()).toBe('not refused');
    const { sessions } = await ann.newSession();
    const begun = sessions.map(({ createTime }) => Number(createTime?.seconds) * 1_000 - Date.now());
    expect(begun.some((ahead) => Math.abs(ahead - hours * hour) < hour)).toBe(true);
    await ann.expectKept();
  }
  expect(await node.stop()).toBe(0);
}, 120_000);

it('a cluster goes on without a node whose disk is full or fails, which says so, and is back when the cause is gone', async () => {
  const folder = await temporaryFolder();
  const ports = await freePorts(3);
  const peers = Object.fromEntries(ports.map((port, i) => [`node${i + 1}`, `127.0.0.1:${port}`]));
  const config = { distributed_mode: true, peers, server_data: joinPath(folder, 'data') };
  const own = joinPath(config.server_data, 'node3');
  await mkdir(own, { recursive: true });
  // Seen by this node alone, and gone with it: two files of etcd's log, and little more.
  const mount = 'mount -t tmpfs -o size=160m,mode=700 tmpfs "$0" && exec "$@"';
  const wrapper = ['unshare', '--map-root-user', '--mount', 'sh', '-c', mount, own];
  const launch = async (nodeId: string) => {
    await mkdir(joinPath(folder, nodeId));
    const options = { config, nodeId, ...(nodeId === 'node3' && { wrapper }) };
    return ServerProcess.start(joinPath(folder, nodeId), options);
  };
  const [first, , third] = await Promise.all(['node1', 'node2', 'node3'].map(launch));
  if (!first || !third) throw new Error('there are three nodes');
  const ann = await Ann.start(first);
  const health = async () => {
    const { nodes } = await ann.status();
    return nodes.find(({ id }) => id === 'node3')?.health;
  };
  await eventually('all are healthy', async () => (await health()) === NodeHealth.HEALTHY);

  const filler = joinPath('/proc', String(third.pid), 'root', own, 'filler');
  await expect(writeFile(filler, Buffer.alloc(160 << 20))).rejects.toMatchObject({ code: 'ENOSPC' });
  const full = /"level":40.*etcd has ended \(.*no space left on device.*\); it is started again/;
  await eventually('etcd has ended', async () => {
    await ann.send(10_000);
    return full.test(third.log);
  });
  await eventually('the others say so', async () => (await health()) === NodeHealth.NO_QUORUM);
  await eventually(
    'it says so',
    async () => (await fetch(new URL('/readyz', third.webAddress))).status === 503,
  );
  await ann.sendsAgain();
  for (let i = 0; i < 10; i += 1) expect(await ann.send()).toBe('not refused');
  // Its etcd is started again and again, and well until it writes: the disk is what still tells.
  await expect(writeFile(`${filler}2`, Buffer.alloc(1 << 20))).rejects.toMatchObject({ code: 'ENOSPC' });
  await Promise.all([filler, `${filler}2`].map((path) => rm(path, { force: true })));
  await eventually('it takes part again', async () => (await health()) === NodeHealth.HEALTHY);
  await ann.expectKept(connect(third.address));

  const member = () => processTree(third.pid).find((pid) => pid !== third.pid) ?? 0;
  const before = member();
  const repair = await failDisk(before);
  await eventually('etcd has ended', async () => {
    await ann.send();
    return member() !== before;
  });
  await repair();
  const reason = /etcd has ended \(exit status 1: .*input\/output error\); it is started again/;
  await eventually('it says why', () => reason.test(third.log));
  await ann.sendsAgain();
  await eventually('it takes part again', async () => (await health()) === NodeHealth.HEALTHY);
  await ann.expectKept(connect(third.address));
}, 120_000);

it('a disk that is read-only is told in one line', async () => {
  const folder = await temporaryFolder();
  const disk = await temporaryFolder();
  // Seen by the server alone, and gone with it.
  const mount = 'mount -t tmpfs tmpfs "$0" && mkdir "$0/data" && mount -o remount,ro "$0" && exec "$@"';
  const wrapper = ['unshare', '--map-root-user', '--mount', 'sh', '-c', mount, disk];
  const config = { server_data: joinPath(disk, 'data') };
  const server = await ServerProcess.launch(folder, { wrapper, config });
  expect(await server.ended()).toBe(1);
  expect(server.log).toMatch(
    /^holdfast: data folder .*\/data can not be written: EROFS: read-only file system/m,
  );
});

it('a clock that jumps by hours, either way, changes no order, ends no session and loses nothing', async () => {
  const clock = { now: 1_700_000_000_000 };
  const { chat, join: enter } = await startChat({ clock });
  const [ann] = [await enter('ann'), await enter('ben')];
  const { token } = await chat.sessions.login({ username: 'ann', password: 'correct horse', deviceName: '' });
  const sent = [];
  for (const hours of [0, 5, -10, 30, -100, 0]) {
    clock.now += hours * 3_600_000;
    await chat.sessions.authenticate(token);
    sent.push(await say(chat, ann, 'ben', `${hours}`));
  }
  expect(sent.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
  const times = sent.map(({ createTime }) => createTime);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});
