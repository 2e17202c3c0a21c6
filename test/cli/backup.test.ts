import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect, join as joinAs, login } from '../testkit/api-client.js';
import type { ApiClient } from '../testkit/api-client.js';
import { CommandLine } from '../testkit/command-line.js';
import { eventually } from '../testkit/deadline.js';
import { freePorts } from '../testkit/free-port.js';
import { ServerProcess, program } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const target = { case: 'username' as const, value: 'ben' };

/** ann, who writes to ben without pause until she is stopped. */
class Chatter {
  acknowledged = 0;
  private stopped = false;
  private constructor(
    private readonly client: ApiClient,
    readonly caller: Awaited<ReturnType<typeof joinAs>>,
  ) {}

  static async start(client: ApiClient) {
    const chatter = new Chatter(client, await joinAs(client, 'ann'));
    await joinAs(client, 'ben');
    return { chatter, stop: chatter.run() };
  }

  private run(): () => Promise<void> {
    const running = (async () => {
      while (!this.stopped) {
        const clientMessageId = String(this.acknowledged + 1);
        const text = `text ${clientMessageId}`;
        await this.client.messages.sendMessage({ target, text, clientMessageId }, this.caller);
        this.acknowledged += 1;
      }
    })();
    return async () => {
      this.stopped = true;
      await running;
    };
  }
}

/** What ann has sent, as ben reads it. */
async function textsOf(client: ApiClient): Promise<string[]> {
  const ben = await login(client, 'ben');
  const from = { case: 'username' as const, value: 'ann' };
  const texts: string[] = [];
  for (;;) {
    const request = { target: from, afterSeq: BigInt(texts.length), pageSize: 200 };
    const { messages } = await client.messages.listMessages(request, ben);
    if (messages.length === 0) return texts;
    texts.push(...messages.map(({ text }) => text));
  }
}

/** Backs up while ann writes: it holds all that was acknowledged before, and nothing that was sent after. */
async function backUpUnderLoad(shell: CommandLine, client: ApiClient, args: readonly string[]) {
  const { chatter, stop } = await Chatter.start(client);
  await eventually('ann writes', () => chatter.acknowledged >= 20);
  const before = chatter.acknowledged;
  const { status, out, err } = await shell.run(['--json', 'backup', ...args]);
  const after = chatter.acknowledged;
  await stop();
  expect([status, err]).toEqual([0, '']);
  const { messages } = JSON.parse(out) as { messages: number };
  expect(messages).toBeGreaterThanOrEqual(before);
  expect(messages).toBeLessThanOrEqual(after + 1);
  // People did write meanwhile.
  expect(after).toBeGreaterThan(before);
  return { messages, caller: chatter.caller };
}

async function expectRestored(client: ApiClient, messages: number, caller: object): Promise<void> {
  expect(await textsOf(client)).toEqual(Array.from({ length: messages }, (_, i) => `text ${i + 1}`));
  // Sent before the backup; her session is the one of before.
  const again = { target, text: 'text 1', clientMessageId: '1', knownSeq: 0n };
  const { message } = await client.messages.sendMessage(again, caller);
  expect(message?.seq).toBe(1n);
}

describe('backup and restore', () => {
  it('copy a server while people write, into a cluster, and that into a server, and refuse what is not right', async () => {
    const folder = await temporaryFolder();
    const shell = new CommandLine(folder, 'localhost:1');
    const configOf = async (name: string) => {
      const path = join(folder, `${name}.json`);
      await writeFile(path, JSON.stringify({ port: 0, web_port: 0, server_data: join(folder, name) }));
      return path;
    };
    const server = await ServerProcess.start(folder);
    const from = join(folder, 'config.json');
    const alone = join(folder, 'alone.backup');
    const first = await backUpUnderLoad(shell, connect(server.address), [alone, from]);
    expect((await stat(alone)).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
    const verified = await shell.run(['backup', '--verify', alone]);
    expect([verified.status, verified.out]).toEqual([0, expect.stringContaining('is whole: 2 accounts')]);

    const content = await readFile(alone);
    const save = async (name: string, bytes: Uint8Array) => {
      await writeFile(join(folder, name), bytes);
      return join(folder, name);
    };
    const middle = content.length >> 1;
    const flipped = Buffer.from(content);
    flipped[middle] = (flipped[middle] ?? 0) ^ 1;
    const files = {
      cut: await save('cut', content.subarray(0, middle)),
      flipped: await save('flipped', flipped),
      foreign: await save('foreign', Buffer.from('dear diary\n')),
    };
    const [fresh, missing] = [await configOf('fresh'), join(folder, 'missing')];
    const before = await readdir(folder);
    const cases: [string[], number, string | RegExp][] = [
      [['backup', alone, from], 1, `${alone} is there already: choose another name`],
      [['backup', '-', from], 2, 'give a file'],
      [['backup', missing, fresh], 1, `there is no data in ${join(folder, 'fresh')}`],
      [['backup', missing, from, '--node-id', 'a'], 2, '--node-id'],
      [['backup', '--verify', alone, from], 2, 'give no configuration'],
      [['backup', '--verify', files.cut], 1, `${files.cut} is cut off: its end is missing`],
      [['restore', files.cut, fresh], 1, `${files.cut} is cut off: its end is missing`],
      [['restore', files.flipped, fresh], 1, `${files.flipped} is damaged: `],
      [['restore', files.foreign, fresh], 1, `${files.foreign} is not a backup of Holdfast`],
      [['restore', alone, from], 1, 'is in use by another server: stop that one first'],
      [['restore', missing, fresh], 1, `${missing} can not be read`],
    ];
    for (const [args, status, expected] of cases) {
      const outcome = await shell.run(args);
      expect([args, outcome.status, outcome.out]).toEqual([args, status, '']);
      expect(outcome.err).toContain(expected);
      expect(outcome.err.trim().split('\n')).toHaveLength(1);
      expect(await readdir(folder)).toEqual(before);
    }
    await server.stop();
    const taken = await shell.run(['restore', alone, from]);
    expect([taken.status, taken.err]).toEqual([1, expect.stringContaining('only into an empty one')]);
    expect((await shell.run(['backup', join(folder, 'stopped'), from])).status).toBe(0);

    const [raft = 0] = await freePorts(1);
    const peers = { node1: `localhost:${raft}` };
    const settings = { distributed_mode: true, peers, server_data: join(folder, 'cluster') };
    const node = await ServerProcess.start(folder, { config: settings, nodeId: 'node1' });
    const own = [from, '--node-id', 'node1'];
    const restored = await shell.run(['restore', alone, ...own]);
    expect([restored.status, restored.err]).toEqual([0, '']);
    const clustered = connect(node.address);
    await expectRestored(clustered, first.messages, first.caller);
    const full = await shell.run(['restore', alone, ...own]);
    expect(full.out).toContain('has been restored before');
    expect(await textsOf(clustered)).toHaveLength(first.messages);

    const copy = join(folder, 'cluster.backup');
    expect((await shell.run(['backup', copy, ...own])).status).toBe(0);
    await node.stop();
    const back = await shell.run(['restore', copy, await configOf('back')]);
    expect([back.status, back.err]).toEqual([0, '']);
    const last = await ServerProcess.start(folder, { config: { server_data: join(folder, 'back') } });
    await expectRestored(connect(last.address), first.messages, first.caller);
  }, 120_000);

  it('a cluster is copied as it is at one moment while people write', async () => {
    const folder = await temporaryFolder();
    const shell = new CommandLine(folder, 'localhost:1');
    const [raft = 0] = await freePorts(1);
    const config = { distributed_mode: true, peers: { node1: `localhost:${raft}` } };
    const node = await ServerProcess.start(folder, { config, nodeId: 'node1' });
    const own = [join(folder, 'config.json'), '--node-id', 'node1'];
    const file = join(folder, 'cluster.backup');
    const { messages, caller } = await backUpUnderLoad(shell, connect(node.address), [file, ...own]);
    await node.stop();
    const stopped = await shell.run(['backup', join(folder, 'late'), ...own]);
    expect([stopped.status, stopped.err]).toEqual([1, expect.stringContaining('node1 does not')]);
    const settings = { server_data: join(folder, 'new') };
    const path = join(folder, 'new.json');
    await writeFile(path, JSON.stringify({ port: 0, web_port: 0, ...settings }));
    expect((await shell.run(['restore', file, path])).status).toBe(0);
    const server = await ServerProcess.start(folder, { config: settings });
    await expectRestored(connect(server.address), messages, caller);
  }, 120_000);

  it('a backup that is killed leaves nothing that hinders the server, nor the next backup', async () => {
    const folder = await temporaryFolder();
    const shell = new CommandLine(folder, 'localhost:1');
    const server = await ServerProcess.start(folder);
    const { chatter, stop } = await Chatter.start(connect(server.address));
    await eventually('ann writes', () => chatter.acknowledged >= 20);
    const config = join(folder, 'config.json');
    const file = join(folder, 'killed.backup');
    const backup = shell.spawn(process.execPath, [program, 'backup', file, config]);
    await eventually('it has begun', async () => (await readdir(folder)).includes('killed.backup.part'));
    await backup.kill();
    await stop();
    const taken = await shell.run(['backup', file, config]);
    expect([taken.status, taken.err]).toEqual([1, expect.stringContaining('killed.backup.part is there')]);
    expect((await shell.run(['backup', join(folder, 'next'), config])).status).toBe(0);
    await server.stop();
    expect((await readdir(folder)).includes('killed.backup')).toBe(false);
  });
});
