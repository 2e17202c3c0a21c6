import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { connect, join as joinAs, login, refusalOf } from '../testkit/api-client.js';
import { writeBigExport } from '../testkit/big-export.js';
import { CommandLine } from '../testkit/command-line.js';
import { eventually } from '../testkit/deadline.js';
import { freePorts } from '../testkit/free-port.js';
import { ServerProcess, program } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

/** A shell, and configurations of servers whose data is in the folder. */
async function start() {
  const folder = await temporaryFolder();
  const shell = new CommandLine(folder, 'localhost:1');
  const config = async (name: string) => {
    const path = join(folder, `${name}.json`);
    await writeFile(path, JSON.stringify({ port: 0, web_port: 0, server_data: join(folder, name) }));
    return path;
  };
  return { folder, shell, config };
}

/** Data of ann and ben, made by a real server that has been stopped. Returns its configuration. */
async function fill(folder: string): Promise<string> {
  const server = await ServerProcess.start(folder);
  const client = connect(server.address);
  const ann = await joinAs(client, 'ann');
  await joinAs(client, 'Ben');
  const target = { case: 'username' as const, value: 'ben' };
  for (const text of ['one', 'two']) {
    await client.messages.sendMessage({ target, text, clientMessageId: text, knownSeq: 0n }, ann);
  }
  await server.stop();
  return join(folder, 'config.json');
}

/** What an export says, without when it was made: of one that may be large. */
async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const line of createInterface({ input: createReadStream(path) })) {
    if (!line.startsWith('{"type":"header"') && !line.startsWith('{"type":"trailer"')) hash.update(line);
  }
  return hash.digest('hex');
}

describe('export and import', () => {
  it('move a server to another folder', async () => {
    const { folder, shell, config } = await start();
    const from = await fill(folder);
    const file = join(folder, 'backup.jsonl');
    const exported = await shell.run(['export', file, from]);
    expect(exported).toEqual({
      status: 0,
      out: `Exported 2 accounts, 1 conversation and 2 messages to ${file}.\n`,
      err: '',
    });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const to = await config('new');
    const imported = await shell.run(['import', file, to]);
    expect(imported).toEqual({
      status: 0,
      out: 'Imported 2 accounts, 1 conversation and 2 messages. Everyone has to log in again.\n',
      err: '',
    });
    const again = await shell.run(['--json', 'import', file, to]);
    expect(JSON.parse(again.out)).toMatchObject({ already: true, accounts: 2, messages: 2 });
    const server = await ServerProcess.start(folder, { config: { server_data: join(folder, 'new') } });
    const client = connect(server.address);
    const ben = await login(client, 'ben');
    const { conversations } = await client.conversations.listConversations({}, ben);
    expect(conversations).toMatchObject([{ title: 'ann', headSeq: 2n, unreadCount: 2n }]);
    // Sent before the move.
    const target = { case: 'username' as const, value: 'ben' };
    const send = { target, text: 'one', clientMessageId: 'one', knownSeq: 0n };
    const { message } = await client.messages.sendMessage(send, await login(client, 'ann'));
    expect(message?.seq).toBe(1n);
  });

  it('write to standard output, whose reader may go away', async () => {
    const { folder, shell } = await start();
    const from = await fill(folder);
    const { status, out, err } = await shell.run(['export', '-', from]);
    expect([status, err]).toEqual([0, 'Exported 2 accounts, 1 conversation and 2 messages.\n']);
    const last = JSON.parse(out.trim().split('\n').at(-1) ?? '') as object;
    expect(last).toMatchObject({ type: 'trailer', counts: { messages: 2 } });
    const line = `'${process.execPath}' '${program}' export - '${from}' | true; echo \${PIPESTATUS[0]}`;
    const cut = await shell.spawn('bash', ['-c', line]).ended();
    expect(cut.out).toBe('1\n');
    expect(cut.err).toContain('holdfast: standard output can not be written: ');
  });

  it('refuse in one line, and change nothing', async () => {
    const { folder, shell, config } = await start();
    const from = await fill(folder);
    const file = join(folder, 'backup.jsonl');
    await shell.run(['export', file, from]);
    const content = await readFile(file, 'utf8');
    const save = async (name: string, text: string) => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    const cut = await save('cut', content.slice(0, -1));
    const altered = await save('altered', content.replace('"one"', '"uno"'));
    const newer = await save('newer', content.replace('"version":1', '"version":9'));
    const foreign = await save('foreign', 'dear diary\n');
    const wrong = await save('wrong.json', '{"prot":1}');
    const [to, missing] = [await config('new'), join(folder, 'missing')];
    const before = await readdir(folder);
    const cases: [string[], number, string][] = [
      [['export', file, from], 1, `${file} is there already: choose another name`],
      [['export', join(folder, 'no', 'x'), from], 1, 'can not be written'],
      [['export', missing, to], 1, `there is no data in ${join(folder, 'new')}`],
      [['export', missing, wrong], 2, 'prot: is not a key that is known'],
      [['export', missing, from, '--node-id', 'a'], 2, '--node-id'],
      [['import', missing, to], 1, `${missing} can not be read`],
      [['import', folder, to], 1, `${folder} is no file`],
      [['import', '-', to], 2, 'standard input'],
      [['import', cut, to], 1, `${cut} is cut off: its end is missing`],
      [['import', altered, to], 1, `${altered} is damaged: its checksum is not that of its lines`],
      [['import', newer, to], 1, `${newer} was made by a newer Holdfast`],
      [['import', foreign, to], 1, `${foreign} is not an export of Holdfast`],
      [['import', file, from], 1, 'the server has data already: import only into an empty one'],
      [['import', file, wrong], 2, 'prot: is not a key that is known'],
      [['import'], 2, "missing required argument 'file'"],
    ];
    for (const [args, status, expected] of cases) {
      const outcome = await shell.run(args);
      expect([args, outcome.status, outcome.out]).toEqual([args, status, '']);
      expect(outcome.err).toContain(expected);
      if (args.length > 1) expect(outcome.err.trim().split('\n')).toHaveLength(1);
      expect(await readdir(folder)).toEqual(before);
    }
    await save('next.part', '');
    const taken = await shell.run(['export', join(folder, 'next'), from]);
    expect([taken.status, taken.err]).toEqual([1, expect.stringContaining('next.part is there') as string]);
    const unchanged = await shell.run(['export', '-', from]);
    expect(unchanged.out.split('\n').slice(1, -2)).toEqual(content.split('\n').slice(1, -2));
  }, 120_000);

  it('leave a server alone that runs', async () => {
    const { folder, shell } = await start();
    const from = await fill(folder);
    const file = join(folder, 'backup.jsonl');
    await shell.run(['export', file, from]);
    const server = await ServerProcess.start(folder);
    for (const args of [
      ['export', join(folder, 'other'), from],
      ['import', file, from],
    ]) {
      const { status, err } = await shell.run(args);
      expect([status, err]).toEqual([
        1,
        expect.stringContaining('is in use by another server: stop that one'),
      ]);
    }
    await login(connect(server.address), 'ann');
    expect(await readdir(folder)).not.toContain('other.part');
  });

  it('show how far they are on a terminal', async () => {
    const { folder, shell, config } = await start();
    const file = join(folder, 'big.jsonl');
    await writeBigExport(file, 2_000, 100);
    const to = await config('new');
    const importing = await shell.onTerminal(['import', file, to]).ended();
    expect(importing.out).toMatch(/\rchecking \[#*-*\] +\d+%/);
    expect(importing.out).toContain('Imported 2 accounts');
    const exporting = await shell.onTerminal(['export', join(folder, 'copy'), to]).ended();
    expect(exporting.out).toMatch(/\rexporting \[#*-*\] +\d+%/);
    expect(exporting.out).toContain('Exported 2 accounts');
    const quiet = await shell.onTerminal(['--json', 'export', join(folder, 'third'), to]).ended();
    expect(quiet.out).not.toContain('%');
  });
});

describe('an import that is cut off', () => {
  it('by SIGKILL keeps servers from starting, and goes on', async () => {
    const { folder, shell, file, to, importing } = await startBigImport();
    await importing.kill();
    const server = await ServerProcess.launch(folder, { config: { server_data: join(folder, 'new') } });
    expect(await server.ended()).toBe(1);
    expect(server.log).toMatch(
      /^holdfast: an import or a restore into .* was cut off: run it with the same file first$/m,
    );
    const early = await shell.run(['export', join(folder, 'copy'), to]);
    expect([early.status, early.err]).toEqual([1, expect.stringContaining('was cut off')]);
    const other = join(folder, 'other.jsonl');
    await writeBigExport(other, 1, 1);
    const wrong = await shell.run(['import', other, to]);
    expect([wrong.status, wrong.err]).toEqual([1, expect.stringContaining('the import of another file')]);
    const again = await shell.run(['--json', 'import', file, to]);
    expect(JSON.parse(again.out)).toMatchObject({ already: false, resumed: true, messages: 60_000 });
    const copy = await shell.run(['export', join(folder, 'copy'), to]);
    expect(copy.status).toBe(0);
    expect(await digest(join(folder, 'copy'))).toBe(await digest(file));
  });

  it('by Ctrl-C says so, and goes on', async () => {
    const { folder, shell, file, to, importing } = await startBigImport();
    importing.signal('SIGINT');
    const { status, err } = await importing.ended();
    expect([status, err]).toEqual([130, 'holdfast: interrupted: run the same command again\n']);
    const again = await shell.run(['--json', 'import', file, to]);
    expect(JSON.parse(again.out)).toMatchObject({ resumed: true });
    const exporting = shell.spawn(process.execPath, [program, 'export', join(folder, 'copy'), to]);
    await eventually('the export has begun', async () => {
      const part = await stat(join(folder, 'copy.part')).catch(() => undefined);
      return part !== undefined && part.size > 1_000_000;
    });
    exporting.signal('SIGTERM');
    expect((await exporting.ended()).status).toBe(130);
    expect((await readdir(folder)).filter((name) => name.startsWith('copy'))).toEqual([]);
  });
});

/** An import that has brought a part of what is in the file. */
async function startBigImport() {
  const { folder, shell, config } = await start();
  const file = join(folder, 'big.jsonl');
  await writeBigExport(file, 60_000, 500);
  const to = await config('new');
  const importing = shell.spawn(process.execPath, [program, 'import', file, to]);
  await eventually('a part is imported', async () => {
    const database = await stat(join(folder, 'new', 'data.mdb')).catch(() => undefined);
    return database !== undefined && database.size > 5_000_000;
  });
  return { folder, shell, file, to, importing };
}

it('export and import need little memory, however much there is', async () => {
  const { folder, shell, config } = await start();
  const file = join(folder, 'big.jsonl');
  await writeBigExport(file, 150_000, 700);
  const to = await config('new');
  // Less than the texts take, and less than an object for each message would.
  const small = ['--max-old-space-size=64', program];
  const imported = await shell.spawn(process.execPath, [...small, 'import', file, to]).ended();
  expect([imported.status, imported.err]).toEqual([0, '']);
  const copy = join(folder, 'copy');
  const exported = await shell.spawn(process.execPath, [...small, 'export', copy, to]).ended();
  expect([exported.status, exported.err]).toEqual([0, '']);
  expect(await digest(copy)).toBe(await digest(file));
}, 120_000);

it('a cluster takes the data of a server alone while its nodes run, and gives it back', async () => {
  const { folder, shell, config } = await start();
  const from = await fill(folder);
  const file = join(folder, 'backup.jsonl');
  await shell.run(['export', file, from]);
  const [raft = 0] = await freePorts(1);
  const peers = { node1: `localhost:${raft}` };
  const settings = { distributed_mode: true, peers, server_data: join(folder, 'cluster') };
  const node = await ServerProcess.start(folder, { config: settings, nodeId: 'node1' });
  const own = [join(folder, 'config.json'), '--node-id', 'node1'];
  const client = connect(node.address);
  const imported = await shell.run(['import', file, ...own]);
  expect([imported.status, imported.err]).toEqual([0, '']);
  const ben = await login(client, 'ben');
  const target = { case: 'username' as const, value: 'ann' };
  await client.messages.sendMessage({ target, text: 'three', clientMessageId: 'three' }, ben);
  const copy = join(folder, 'copy');
  const exported = await shell.run(['export', copy, ...own]);
  expect(exported.out).toContain('3 messages');
  const refused = await shell.run(['import', copy, ...own]);
  expect([refused.status, refused.err]).toEqual([1, expect.stringContaining('has data already')]);
  await node.stop();
  const stopped = await shell.run(['export', join(folder, 'late'), ...own]);
  expect([stopped.status, stopped.err]).toEqual([1, expect.stringContaining('node1 does not')]);
  const back = await shell.run(['import', copy, await config('back')]);
  expect(back.out).toContain('3 messages');
  const server = await ServerProcess.start(folder, { config: { server_data: join(folder, 'back') } });
  const again = connect(server.address);
  const { messages } = await again.messages.listMessages({ target }, await login(again, 'ben'));
  expect(messages.map(({ text }) => text)).toEqual(['three', 'two', 'one']);
  expect(await refusalOf(again.sessions.listSessions({}, ben))).toContain('SESSION_ENDED');
});
