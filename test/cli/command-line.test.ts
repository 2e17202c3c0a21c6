import { once } from 'node:events';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CommandLine } from '../testkit/command-line.js';
import { eventually } from '../testkit/deadline.js';
import { ServerProcess, program } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const password = 'correct horse\n';

async function start() {
  const folder = await temporaryFolder();
  const server = await ServerProcess.start(folder);
  const home = await temporaryFolder();
  return { server, folder, home, shell: new CommandLine(home, server.address) };
}

async function startWithTwo() {
  const started = await start();
  for (const name of ['ann', 'ben']) {
    const made = await started.shell.run(['account', 'create', name], password);
    expect(made).toEqual({ status: 0, out: `Welcome, ${name}. You are logged in.\n`, err: '' });
  }
  return started;
}

describe('a conversation from a shell', () => {
  it('creates, finds, sends, reads, pages, deletes', async () => {
    const { shell } = await startWithTwo();
    const as = async (who: string, ...args: string[]) => {
      const { status, out, err } = await shell.run(['--as', who, ...args]);
      expect([args.join(' '), status]).toEqual([args.join(' '), 0]);
      return out + err;
    };
    expect(await as('ann', 'account', 'list', '?e*')).toBe('ben\n');
    for (const text of ['one', 'two', 'three']) await as('ann', 'send', 'ben', text);
    expect(await as('ben', 'conversations')).toContain('3 unread');
    const unread = await as('ben', 'read', '--unread', '--json');
    const messages = unread
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { text: string; seq: number; sender: string });
    expect(messages.map(({ seq, sender, text }) => [seq, sender, text])).toEqual([
      [1, 'ann', 'one'],
      [2, 'ann', 'two'],
      [3, 'ann', 'three'],
    ]);
    const page = await as('ben', 'read', 'ann', '--limit', '2');
    expect(page).toContain('three');
    expect(page).not.toContain('ann: one');
    expect(page).toContain('Older ones: npx holdfast --as ben read ann --before 2');
    expect(await as('ben', 'read', 'ann', '--before', '2')).toContain('ann: one');
    await as('ann', 'delete', 'ben', '1', '--for-everyone');
    expect(await as('ben', 'read', 'ann')).toContain('ann: (deleted)');
    await as('ben', 'delete', 'ann', '2');
    expect(await as('ben', 'read', 'ann')).not.toContain('two');
    expect(await as('ann', 'read', 'ben')).toContain('two');
    const gone = await shell.run(['--as', 'ann', 'account', 'delete'], password);
    expect(gone.status).toBe(0);
    // The name may be another's by now: what is left is named by its id.
    const id = /id:\S+/.exec(await as('ben', 'conversations'))?.[0] ?? '';
    expect(await as('ben', 'read', id, '--all')).toContain('(deleted account): three');
  });

  it('sends what standard input holds', async () => {
    const { shell } = await startWithTwo();
    await shell.run(['--as', 'ann', 'send', 'ben', '-'], 'two\nlines\n');
    const { out } = await shell.run(['--as', 'ben', 'read', 'ann', '--json']);
    expect((JSON.parse(out) as { text: string }).text.trimEnd()).toBe('two\nlines');
  });

  it('watches, also through a restart of the server', async () => {
    const { server, folder, shell } = await startWithTwo();
    const watching = shell.spawn(process.execPath, [program, '--as', 'ben', '--json', 'watch']);
    // What was sent before the watch began is not its business: say it until it shows.
    for (let i = 0; !watching.out.includes('before'); i += 1) {
      await shell.run(['--as', 'ann', 'send', 'ben', `before ${i}`]);
    }
    await server.stop();
    const port = Number(server.address.split(':').at(-1));
    await ServerProcess.start(folder, { config: { port } });
    await shell.run(['--as', 'ann', 'send', 'ben', 'after']);
    await watching.shows('after');
    watching.child.kill('SIGINT');
    const { status, out } = await watching.ended();
    expect(status).toBe(0);
    const events = out.trim().split('\n');
    const seqs = events
      .map((line) => JSON.parse(line) as { event: string; seq: number })
      .flatMap(({ event, seq }) => (event === 'message' ? [seq] : []));
    expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
  });
});

describe('a watch whose server is gone', () => {
  it('says once that it reconnects', async () => {
    const { server, folder, shell } = await startWithTwo();
    const watching = shell.spawn(process.execPath, [program, '--as', 'ben', 'watch']);
    await eventually('it watches', () => watching.err.includes('Watching as ben'));
    await server.stop();
    const port = Number(server.address.split(':').at(-1));
    let attempts = 0;
    const broken = createServer((socket) => {
      attempts += 1;
      socket.destroy();
    });
    await listen(broken, port);
    await eventually('it tries several times', () => attempts >= 4);
    broken.close();
    await ServerProcess.start(folder, { config: { port } });
    await eventually('it is back', () => watching.err.includes('Connected again.'));
    expect(watching.err.split('Reconnecting …')).toHaveLength(2);
  });
});

describe('what is asked of a person', () => {
  it('takes a password without showing it', async () => {
    const { shell } = await start();
    const command = shell.onTerminal(['account', 'create', 'ann']);
    await command.shows('Password');
    command.type('correct horse\r');
    await command.shows('Again');
    command.type('correct horse\r');
    const { status, out } = await command.ended();
    expect(out).toContain('Welcome, ann');
    expect(status).toBe(0);
    expect(out).not.toContain('correct');
  });

  it('keeps its sessions where only their owner can read them', async () => {
    const { home } = await startWithTwo();
    const folders = ['sessions', 'servers'];
    const files = ['current-user', ...folders.flatMap((name) => [`${name}/ann.json`, `${name}/ben.json`])];
    const mode = async (path: string) => (await stat(path)).mode & 0o777;
    for (const folder of ['.', ...folders]) expect(await mode(join(home, folder))).toBe(0o700);
    for (const file of files) expect(await mode(join(home, file))).toBe(0o600);
    expect((await readdir(home, { recursive: true })).sort()).toEqual([...folders, ...files].sort());
  });

  it('says at once that a new password is too short', async () => {
    const { shell } = await start();
    const command = shell.onTerminal(['account', 'create', 'ann']);
    await command.shows('Password');
    command.type('short\r');
    const { status, out } = await command.ended();
    expect([status, out]).toEqual([1, expect.stringContaining('PASSWORD_TOO_SHORT')]);
    expect(out).not.toContain('Again');
  });

  it('takes passwords that are pasted before they are asked for', async () => {
    const { shell } = await start();
    const command = shell.onTerminal(['account', 'create', 'ann']);
    await command.shows('Password');
    command.type('correct horse\rcorrect horse\r');
    const { status, out } = await command.ended();
    expect(out).toContain('Welcome, ann');
    expect(status).toBe(0);
    expect(out).not.toContain('correct');
  });

  it('keeps what commands for several users do at the same time', async () => {
    const { shell } = await startWithTwo();
    const names = ['cat', 'dan', 'eve', 'fay'];
    const made = await Promise.all(names.map((name) => shell.run(['account', 'create', name], password)));
    expect(made.map(({ status }) => status)).toEqual(names.map(() => 0));
    const out = await Promise.all(names.map((name) => shell.run(['--as', name, 'logout'])));
    expect(out.map(({ status }) => status)).toEqual(names.map(() => 0));
    const later = await Promise.all(names.map((name) => shell.run(['--as', name, 'conversations'])));
    expect(later.map(({ err }) => err)).toEqual(
      names.map((name) => `holdfast: ${name} is not logged in here: npx holdfast login ${name}\n`),
    );
    expect((await shell.run(['--as', 'ann', 'conversations'])).status).toBe(0);
  });

  it('tells names that mean something to the language from those of people', async () => {
    const { shell } = await start();
    expect((await shell.run(['account', 'create', '__proto__'], password)).status).toBe(0);
    expect(await shell.run(['--as', '__proto__', 'account', 'list'])).toMatchObject({
      status: 0,
      out: '__proto__\n',
    });
    for (const name of ['constructor', 'toString', '../current-user']) {
      expect(await shell.run(['--as', name, 'conversations'])).toMatchObject({ status: 4 });
    }
  });
});

/** What listens on a port and is no server of ours; it ends with its test. */
async function listen(server: Server, port = 0): Promise<string> {
  server.listen(port, 'localhost');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `localhost:${(server.address() as AddressInfo).port}`;
}

describe('mistakes', () => {
  it('is told in a line that a port is not one of a server', async () => {
    const { server, shell } = await startWithTwo();
    const other = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.write('SSH-2.0-other\r\n');
    });
    for (const address of [server.webAddress.replace(/^\w+:\/\//, ''), await listen(other)]) {
      const { status, err } = await shell.run(['--as', 'ann', '--server', address, 'conversations']);
      expect(err).toMatch(/^holdfast: [^\n]+\n$/);
      expect(status).toBe(3);
    }
  });

  it('are told in a line, each with its exit status', async () => {
    const { server, shell, home } = await startWithTwo();
    const cases: [number, string, string[], (string | Buffer)?][] = [
      [2, 'unknown command', ['frobnicate']],
      [2, "missing required argument 'who'", ['send']],
      [1, 'USERNAME_TAKEN', ['account', 'create', 'ann'], password],
      [1, 'ACCOUNT_NOT_FOUND', ['--as', 'ann', 'send', 'nobody', 'hi']],
      [1, 'PASSWORD_TOO_SHORT', ['account', 'create', 'cat'], 'short\n'],
      [1, 'USERNAME_INVALID', ['account', 'create', 'maria!'], ''],
      [2, 'standard input', ['account', 'create', 'cat'], ''],
      [4, 'not logged in', ['--as', 'zoe', 'read', 'ann']],
      [1, 'CREDENTIALS_WRONG', ['login', 'ann'], 'wrong password\n'],
      [3, 'No server can be reached', ['--server', 'localhost:1', '--as', 'ann', 'account', 'list']],
      [2, 'limit', ['--as', 'ann', 'read', 'ben', '--limit', 'many']],
      [2, 'whole number', ['--as', 'ann', 'account', 'list', '--limit', 'abc']],
      [2, 'whole number', ['--as', 'ann', 'account', 'list', '--limit', '1.5']],
      [2, 'whole number from 1', ['--as', 'ann', 'read', 'ben', '--limit', '0']],
      [2, 'no server address', ['--server', 'localhost:99999', 'status']],
      [3, 'is the web port', ['--server', server.webAddress, '--as', 'ann', 'status']],
      [1, 'holdfast sessions', ['--as', 'ann', 'sessions', '--revoke', 'x']],
      [1, 'conversations --json', ['--as', 'ann', 'read', 'id:x']],
      [2, 'not both', ['--as', 'ann', 'read', 'ben', '--unread']],
      [2, 'say whose', ['--as', 'ann', 'read']],
      [2, 'not UTF-8', ['--as', 'ann', 'send', 'ben', '-'], Buffer.from([0x68, 0xff, 0x69])],
    ];
    for (const [status, text, args, input] of cases) {
      const outcome = await shell.run(args, input);
      expect([args.join(' '), outcome.status, outcome.err]).toEqual([
        args.join(' '),
        status,
        expect.stringContaining(text),
      ]);
    }
    await writeFile(join(home, 'sessions', 'ann.json'), 'not json');
    const damaged = await shell.run(['--as', 'ann', 'read', 'ben']);
    expect(damaged.status).toBe(1);
    expect(damaged.err).toContain('is damaged: remove it and log in again');
  });
});
