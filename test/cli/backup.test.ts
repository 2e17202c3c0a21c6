import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createProgram } from '../../src/cli/program.js';
import { asCliError } from '../../src/cli/report.js';
import { connect, join as joinAs, login, refusalOf } from '../testkit/api-client.js';
import type { ApiClient } from '../testkit/api-client.js';
import { CommandLine } from '../testkit/command-line.js';
import { eventually } from '../testkit/deadline.js';
import { freePorts } from '../testkit/free-port.js';
import { ServerProcess, program } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

/** ann, who writes to ben without pause until she is stopped. */
class Chatter {
  acknowledged = 0;
  private stopped = false;
  private running = Promise.resolve();
  private constructor(
    private readonly client: ApiClient,
    private readonly caller: Awaited<ReturnType<typeof joinAs>>,
  ) {}

  /** Resolves once she writes. */
  static async start(client: ApiClient): Promise<Chatter> {
    const chatter = new Chatter(client, await joinAs(client, 'ann'));
    await joinAs(client, 'ben');
    await chatter.goOn();
    return chatter;
  }

  /** Through another server, which has her account and session. */
  through(client: ApiClient): Chatter {
    const chatter = new Chatter(client, this.caller);
    chatter.acknowledged = this.acknowledged;
    return chatter;
  }

  async goOn(): Promise<void> {
    const before = this.acknowledged;
    this.stopped = false;
    this.running = this.run();
    await eventually('ann writes', () => this.acknowledged >= before + 20);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  async send(number: number) {
    const clientMessageId = String(number);
    const request = { target: { case: 'username' as const, value: 'ben' }, text: `text ${number}` };
    const answer = await this.client.messages.sendMessage({ ...request, clientMessageId }, this.caller);
    return answer.message;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      await this.send(this.acknowledged + 1);
      this.acknowledged += 1;
    }
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
async function backUpUnderLoad(shell: CommandLine, ann: Chatter, args: readonly string[]): Promise<number> {
  const before = ann.acknowledged;
  const { status, out, err } = await shell.run(['--json', 'backup', ...args]);
  const after = ann.acknowledged;
  expect([status, err]).toEqual([0, '']);
  const { messages } = JSON.parse(out) as { messages: number };
  expect(messages).toBeGreaterThanOrEqual(before);
  expect(messages).toBeLessThanOrEqual(after + 1);
  // People did write meanwhile.
  expect(after).toBeGreaterThan(before);
  return messages;
}

/** The messages are there, and ann's session: what she sends again is known. */
async function expectRestored(client: ApiClient, messages: number, ann: Chatter): Promise<void> {
  expect(await textsOf(client)).toEqual(Array.from({ length: messages }, (_, i) => `text ${i + 1}`));
  expect((await ann.through(client).send(1))?.seq).toBe(1n);
}

/** How a command ends that does nothing: without a process of its own, of which there would be many. */
async function refusal(args: readonly string[]): Promise<{ status?: number; message?: string }> {
  const error: unknown = await createProgram({ json: false })
    .parseAsync(args, { from: 'user' })
    .then(
      () => undefined,
      (cause: unknown) => cause,
    );
  return asCliError(error) ?? {};
}

it('backup and restore copy a server while people write, into a cluster, and that into a server, and refuse what is not right', async () => {
  const folder = await temporaryFolder();
  const shell = new CommandLine(folder, 'localhost:1');
  const configOf = async (name: string) => {
    const path = join(folder, `${name}.json`);
    await writeFile(path, JSON.stringify({ port: 0, web_port: 0, server_data: join(folder, name) }));
    return path;
  };
  const server = await ServerProcess.start(folder);
  const from = join(folder, 'config.json');
  const ann = await Chatter.start(connect(server.address));

  // One that is killed leaves nothing that hinders the server, nor the next one.
  const unfinished = join(folder, 'killed.backup');
  const backup = shell.spawn(process.execPath, [program, 'backup', unfinished, from]);
  await eventually('it has begun', async () => (await readdir(folder)).includes('killed.backup.part'));
  await backup.kill();
  expect(await refusal(['backup', unfinished, from])).toMatchObject({
    status: 1,
    message: expect.stringContaining('killed.backup.part is there') as string,
  });
  expect(await readdir(folder)).not.toContain('killed.backup');
  await rm(`${unfinished}.part`);

  const alone = join(folder, 'alone.backup');
  const first = await backUpUnderLoad(shell, ann, [alone, from]);
  await ann.stop();
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
  const cases: [string[], number, string][] = [
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
    const { message = '', status: found } = await refusal(args);
    expect([args, found, message]).toEqual([args, status, expect.stringContaining(expected)]);
    expect(message).not.toContain('\n');
    expect(await readdir(folder)).toEqual(before);
  }
  // The same as a program.
  const damaged = await shell.run(['restore', files.flipped, fresh]);
  expect(damaged).toMatchObject({ status: 1, out: '' });
  expect(damaged.err).toMatch(/^holdfast: .*flipped is damaged: .*\n$/);
  expect(await server.stop()).toBe(0);
  const taken = await refusal(['restore', alone, from]);
  expect(taken).toMatchObject({
    status: 1,
    message: expect.stringContaining('only into an empty one') as string,
  });
  expect((await shell.run(['backup', join(folder, 'stopped'), from])).status).toBe(0);

  const [raft = 0] = await freePorts(1);
  const peers = { node1: `localhost:${raft}` };
  const settings = { distributed_mode: true, peers, server_data: join(folder, 'cluster') };
  const node = await ServerProcess.start(folder, { config: settings, nodeId: 'node1' });
  const own = [from, '--node-id', 'node1'];
  const restored = await shell.run(['restore', alone, ...own]);
  expect([restored.status, restored.err]).toEqual([0, '']);
  const clustered = connect(node.address);
  await expectRestored(clustered, first, ann);
  const again = await shell.run(['restore', alone, ...own]);
  expect(again.out).toContain('has been restored before: nothing was changed');
  expect(await textsOf(clustered)).toHaveLength(first);

  // A cluster, too, is copied as it is at one moment. What came after the first copy was lost: it is sent again.
  const there = ann.through(clustered);
  there.acknowledged = first;
  await there.goOn();
  const copy = join(folder, 'cluster.backup');
  const second = await backUpUnderLoad(shell, there, [copy, ...own]);
  await there.stop();
  await node.stop();
  expect(await refusal(['backup', join(folder, 'late'), ...own])).toMatchObject({
    status: 1,
    message: expect.stringContaining('node1 does not') as string,
  });
  const back = await shell.run(['restore', copy, await configOf('back')]);
  expect([back.status, back.err]).toEqual([0, '']);
  const last = await ServerProcess.start(folder, { config: { server_data: join(folder, 'back') } });
  await expectRestored(connect(last.address), second, ann);

  // Also when that comes to mind only afterwards.
  expect(await last.stop()).toBe(0);
  const ended = await shell.run(['restore', copy, join(folder, 'back.json'), '--no-sessions']);
  expect(ended.out).toContain('has been restored before: the sessions that are in it have ended now');
  const reopened = await ServerProcess.start(folder, { config: { server_data: join(folder, 'back') } });
  const sending = ann.through(connect(reopened.address)).send(1);
  expect(await refusalOf(sending)).toBe('Unauthenticated SESSION_ENDED');
}, 120_000);
