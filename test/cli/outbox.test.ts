import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startNodes } from '../testkit/chat-nodes.js';
import { CommandLine } from '../testkit/command-line.js';
import { eventually } from '../testkit/deadline.js';
import { ServerProcess, program } from '../testkit/server-process.js';
import { DamagedWire } from '../testkit/damaged-wire.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const password = 'correct horse\n';

type Json = Record<string, unknown>;

function parse(out: string): Json[] {
  const lines = out.split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Json);
}

/** Ann and ben, logged in on one machine, and what they need to be looked at. */
async function people(server: string, home: string) {
  const shell = new CommandLine(home, server);
  for (const name of ['ben', 'ann']) {
    expect((await shell.run(['account', 'create', name], password)).status).toBe(0);
  }
  const ann = (...args: string[]) => shell.run(['--as', 'ann', ...args]);
  const read = async () => {
    const { out } = await shell.run(['--as', 'ben', '--json', 'read', 'ann', '--all']);
    return parse(out).map(({ text }) => text);
  };
  const waiting = async () => parse((await ann('--json', 'outbox')).out);
  return { shell, ann, read, waiting };
}

/** A server behind a wire, and its people. */
async function start() {
  const folder = await temporaryFolder();
  const server = await ServerProcess.start(folder);
  const wire = await DamagedWire.to(server.address);
  const home = await temporaryFolder();
  return { folder, server, wire, home, ...(await people(wire.address, home)) };
}

const kept = 'The message is kept';

it('is sent once and told as sent, though other commands of its user send it, too', async () => {
  const { ann, read } = await start();
  const texts = Array.from({ length: 10 }, (_, i) => `text ${i}`);
  const results = await Promise.all(texts.map((text) => ann('send', 'ben', text)));
  expect(results.map(({ status, err }) => [status, status === 0 ? '' : err])).toEqual(
    texts.map(() => [0, '']),
  );
  expect([...(await read())].sort()).toEqual(texts);
});

it('is told as sent when another command has sent it meanwhile', async () => {
  const { server, wire, home, ann } = await start();
  wire.set('cut');
  const send = ann('send', 'ben', 'hello');
  await eventually('it is in the outbox', async () => {
    const names = await readdir(join(home, 'outbox'), { recursive: true }).catch(() => []);
    return names.some((name) => name.endsWith('.json'));
  });
  const other = new CommandLine(home, server.address);
  expect(await other.run(['--as', 'ann', 'outbox', '--send'])).toMatchObject({ status: 0 });
  wire.set('forward');
  expect(await send).toMatchObject({ status: 0, out: 'Sent, number 1.\n' });
});

describe('a message that can not be sent', () => {
  it('is kept, and sent before the next one', async () => {
    const { wire, ann, read, waiting } = await start();
    wire.set('cut');
    for (const text of ['one', 'two']) {
      const { status, out, err } = await ann('send', 'ben', text);
      expect([status, out]).toEqual([3, '']);
      expect(err).toContain(kept);
    }
    expect(await waiting()).toMatchObject([
      { to: 'ben', text: 'one', state: 'waiting', tried: false },
      { to: 'ben', text: 'two', state: 'waiting' },
    ]);
    wire.set('forward');
    const { status, out, err } = await ann('send', 'ben', 'three');
    expect([status, out]).toEqual([0, 'Sent, number 3.\n']);
    expect(err).toContain('Sending 2 message(s) that could not be sent before');
    expect(err).toContain('Sent to ben, number 1: one');
    expect(await waiting()).toEqual([]);
    expect(await read()).toEqual(['one', 'two', 'three']);
  });

  it('is kept when the server is paused, and the person waits seconds for it', async () => {
    const { server, ann, read } = await start();
    process.kill(server.pid, 'SIGSTOP');
    const began = performance.now();
    const { status, err } = await ann('send', 'ben', 'one');
    expect(status).toBe(3);
    expect(err).toContain(kept);
    expect(performance.now() - began).toBeLessThan(20_000);
    process.kill(server.pid, 'SIGCONT');
    expect((await ann('outbox', '--send')).status).toBe(0);
    expect(await read()).toEqual(['one']);
  });

  it('is sent by the next command when the first one is killed', async () => {
    const { wire, home, shell, ann, read, waiting } = await start();
    wire.set('hang');
    const sending = shell.spawn(process.execPath, [program, '--as', 'ann', 'send', 'ben', 'one']);
    const folder = join(home, 'outbox');
    await eventually('it is kept', async () => {
      const files = await readdir(folder, { recursive: true }).catch(() => []);
      return files.some((name) => name.endsWith('.json'));
    });
    await sending.kill();
    expect(await waiting()).toMatchObject([{ text: 'one' }]);
    wire.set('forward');
    expect((await ann('conversations')).err).toContain('Sent to ben, number 1: one');
    expect(await read()).toEqual(['one']);
  });

  it('is on the disk before a server is asked', async () => {
    const { home, shell } = await start();
    const trace = join(home, 'trace');
    const calls = 'trace=fsync,rename,connect';
    const line = [process.execPath, program, '--as', 'ann', 'send', 'ben', 'one'];
    const traced = shell.spawn('strace', ['-f', '-e', calls, '-o', trace, ...line]);
    expect((await traced.ended()).status).toBe(0);
    const done = (await readFile(trace, 'utf8')).split('\n');
    const at = (pattern: RegExp) => done.findIndex((call) => pattern.test(call));
    const renamed = at(/rename\(.*\.new", .*\.json"\)/);
    const order = [
      at(/fsync\(/),
      renamed,
      renamed + done.slice(renamed).findIndex((call) => call.includes('fsync(')),
      at(/connect\(.*AF_INET/),
    ];
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });

  it('waits for the next login when the session is over', async () => {
    const { shell, ann, read, waiting } = await start();
    const [session] = parse((await ann('--json', 'sessions')).out);
    await ann('sessions', '--revoke', String(session?.id));
    const { status, err } = await ann('send', 'ben', 'one');
    expect([status, err]).toEqual([4, expect.stringContaining('SESSION_ENDED')]);
    expect(await waiting()).toHaveLength(1);
    expect((await shell.run(['login', 'ann'], password)).status).toBe(0);
    expect((await ann('send', 'ben', 'two')).status).toBe(0);
    expect(await read()).toEqual(['one', 'two']);
  });
});

describe('a message that is refused', () => {
  it('is told at once and not kept', async () => {
    const { ann, waiting } = await start();
    const { status, err } = await ann('send', 'nobody', 'one');
    expect([status, err]).toEqual([1, expect.stringContaining('ACCOUNT_NOT_FOUND')]);
    expect(await waiting()).toEqual([]);
  });

  it('later on stays until it is dropped, and holds nothing back', async () => {
    const { wire, ann, read, waiting } = await start();
    wire.set('cut');
    for (const who of ['nobody', 'ben']) await ann('send', who, 'one');
    wire.set('forward');
    const flushed = await ann('outbox', '--send');
    expect(flushed.status).toBe(0);
    expect(flushed.err).toContain('Refused to nobody: one');
    expect(await read()).toEqual(['one']);
    const [entry] = await waiting();
    expect(entry).toMatchObject({ to: 'nobody', state: 'refused', reason: 'ACCOUNT_NOT_FOUND' });
    const key = String(entry?.key);
    expect((await ann('outbox')).out).toContain(`${key.slice(0, 8)}  `);
    expect((await ann('outbox', '--again', key.slice(0, 8))).out).toContain('refused (ACCOUNT_NOT_FOUND)');
    expect((await ann('outbox', '--drop', 'x')).status).toBe(1);
    expect((await ann('outbox', '--drop', key)).out).toContain('Dropped 1.');
    expect(await waiting()).toEqual([]);
    expect((await ann('outbox', '--drop', 'all')).out).toBe('Nothing waits to be sent.\n');
  });
});

describe('servers', () => {
  it('are learnt at the login, and the one that works comes first from then on', async () => {
    const nodes = await startNodes(2);
    const [first, second] = nodes;
    if (first === undefined || second === undefined) throw new Error('there are two nodes');
    const wire = await DamagedWire.to(first);
    const home = await temporaryFolder();
    await people(wire.address, home);
    const known = async () => {
      const file = await readFile(join(home, 'servers', 'ann.json'), 'utf8');
      return (JSON.parse(file) as { servers: string[] }).servers;
    };
    expect(await known()).toEqual([wire.address, first, second]);
    wire.set('hang');
    const shell = new CommandLine(home, '');
    expect((await shell.run(['--as', 'ann', 'send', 'ben', 'one'])).status).toBe(0);
    expect(await known()).not.toContain(undefined);
    const [now] = await known();
    expect([first, second]).toContain(now);
    expect(new Set(await known())).toEqual(new Set([wire.address, first, second]));
  });

  it('named for a command are the only ones that it uses', async () => {
    const { shell, ann } = await start();
    const named = ['--server', 'localhost:1', '--server', 'localhost:2'];
    expect((await shell.run([...named, '--as', 'ann', 'account', 'list'])).status).toBe(3);
    expect((await ann('account', 'list')).status).toBe(0);
    expect((await ann('--server', 'nonsense', 'account', 'list')).status).toBe(2);
  });
});

describe('watch --resume', () => {
  it('goes on where the last one ended, without a gap or a double', async () => {
    const { server, folder, home } = await start();
    // Without the wire, so that the server can be started again where it was.
    const shell = new CommandLine(home, server.address);
    const seen: number[] = [];
    let sent = 0;
    const say = () => shell.run(['--as', 'ann', 'send', 'ben', `m${(sent += 1)}`]);
    const watch = () => {
      const command = [program, '--as', 'ben', '--json', 'watch', '--resume'];
      const running = shell.spawn(process.execPath, command);
      const shows = (text: string) => new RegExp(`"event":"message".*"text":"${text}"`).test(running.out);
      const showsLast = () => eventually(`m${sent} is shown`, () => shows(`m${sent}`));
      const note = () => {
        seen.push(
          ...parse(running.out).flatMap(({ event, seq }) => (event === 'message' ? [Number(seq)] : [])),
        );
      };
      return { running, shows, showsLast, note };
    };
    const first = watch();
    // It begins when it is connected: something is said until it shows.
    while (!first.shows('m\\d+')) await say();
    await first.showsLast();
    await first.running.kill();
    first.note();
    const killed = seen.length;
    for (let round = 0; round < 3; round += 1) {
      await say();
      await say();
      const next = watch();
      await next.showsLast();
      if (round === 1) {
        await server.kill();
        const port = Number(server.address.split(':').at(-1));
        await ServerProcess.start(folder, { config: { port } });
      }
      await say();
      await next.showsLast();
      next.running.child.kill('SIGTERM');
      expect((await next.running.ended()).status).toBe(0);
      next.note();
    }
    const [begin = 0] = seen;
    // Showing a message and noting that can not be one step: a kill in between shows the last one again.
    if (seen[killed] === seen[killed - 1]) seen.splice(killed, 1);
    expect(seen).toEqual(Array.from({ length: sent - begin + 1 }, (_, i) => begin + i));
  });
});
