import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import { connect as connectTcp, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect, join, password, refusalOf, withToken } from '../testkit/api-client.js';
import { eventually } from '../testkit/deadline.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

async function failure(folder: string, config: object, wrapper: readonly string[] = []) {
  const server = await ServerProcess.launch(folder, { config, wrapper });
  const status = await server.ended();
  // Its last words may come after its end.
  await eventually('it has said why', () => server.log.endsWith('\n'));
  return { status, line: server.log };
}

describe('starting', () => {
  it.each([
    [{ prot: 1 }, 'prot: is not a key'],
    [{ port: '1' }, 'port: must be'],
    [{ port: 70_000 }, 'port: must be'],
    [{ port: 5, web_port: 5 }, 'web_port: is the same'],
    [{ host: '' }, 'host: must not be empty'],
    [{ server_addresses: 'x' }, 'server_addresses: must be'],
    [{ distributed_mode: 1 }, 'distributed_mode: must be'],
    [{ host: '0.0.0.0' }, 'host: 0.0.0.0 is reached from other machines'],
    [
      { host: '127.0.0.1', tls: { cert: '/none.pem', key: '/none.key' } },
      'tls.cert: /none.pem can not be read',
    ],
  ])('refuses the configuration %j', async (config, expected) => {
    const { status, line } = await failure(await temporaryFolder(), config);
    expect(status).toBe(2);
    expect(line).toContain(expected);
    expect(line.trim().split('\n')).toHaveLength(1);
  });

  it('takes an empty variable for none', async () => {
    const env = { HOLDFAST_LOG: '', CHAT_PORT: '', WEB_PORT: '' };
    const server = await ServerProcess.start(await temporaryFolder(), { env });
    expect(await server.stop()).toBe(0);
    expect(server.log).toContain('"stopped"');
  });

  it('refuses a port that is taken, and a foreign or used folder, in one line', async () => {
    const folder = await temporaryFolder();
    const other = createServer();
    onTestFinished(() => void other.close());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const host = '127.0.0.1';
    expect(await failure(folder, { host, port })).toEqual({
      status: 1,
      line: `holdfast: port ${port} is taken by another program: end that one, or choose another port\n`,
    });
    expect((await failure(folder, { host, web_port: port })).line).toContain(`web_port ${port} is taken`);
    const foreign = joinPath(folder, 'foreign');
    await mkdir(foreign);
    await writeFile(joinPath(foreign, 'thesis.txt'), 'do not touch');
    const refused = await failure(folder, { server_data: foreign });
    expect(refused.status).toBe(1);
    expect(refused.line).toContain('something else than a Holdfast store');
    expect(await readdir(foreign)).toEqual(['thesis.txt']);
    const first = await ServerProcess.start(folder);
    const second = await failure(folder, {});
    expect(second.status).toBe(1);
    expect(second.line).toContain('in use by another server');
    await join(connect(first.address), 'still-works');
  });

  it('is refused in a folder that a server in another container has', async () => {
    const folder = await temporaryFolder();
    const first = await ServerProcess.start(folder);
    // It does not see the names of sockets that the other one sees.
    const wrapper = ['unshare', '--map-root-user', '--net'];
    const second = await failure(folder, {}, wrapper);
    expect(second.status).toBe(1);
    expect(second.line).toContain('in use by another server');
    await join(connect(first.address), 'still-works');
  });
});

describe('stopping', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('ends streams so that clients reconnect, on %s', async (signal) => {
    const server = await ServerProcess.start(await temporaryFolder());
    const client = connect(server.address);
    const ann = await join(client, 'ann');
    const stream = client.messages.subscribe({}, ann)[Symbol.asyncIterator]();
    await stream.next();
    const rest = (async () => {
      while (!(await stream.next()).done);
    })();
    const ended = refusalOf(rest);
    expect(await server.stop(signal)).toBe(0);
    expect(await ended).toBe('Unavailable SHUTTING_DOWN');
    expect(server.log).not.toContain('correct horse');
  });

  it.each<[string, (server: ServerProcess, token: string) => Promise<void>]>([
    ['connections that never say anything', openIdly],
    [
      'a connection without any call',
      async ({ address }) => {
        const socket = await open(address);
        socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
        socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]));
        await once(socket, 'data');
      },
    ],
    [
      'a client that reads no more of its stream',
      async ({ address }, token) => {
        for await (const event of connect(address).messages.subscribe({}, withToken(token))) {
          expect(event.event.case).toBe('heartbeat');
          break;
        }
      },
    ],
    ['a suspended client', suspendSubscriber],
    [
      'clients that send',
      async ({ address }, token) => {
        const { messages } = connect(address);
        const target = { case: 'username' as const, value: 'ann' };
        const send = async (clientMessageId: string) =>
          messages.sendMessage({ target, text: 'x'.repeat(1_000), clientMessageId }, withToken(token));
        const sendOn = async (name: number) => {
          for (let i = 0; ; i += 1) await send(`${name}.${i}`);
        };
        await send('first');
        for (let name = 0; name < 16; name += 1) sendOn(name).catch(() => undefined);
      },
    ],
    [
      'wrong passwords by the dozen',
      async ({ address }) => {
        const { sessions } = connect(address);
        const wrong = async () => refusalOf(sessions.login({ username: 'ann', password: 'wrong' }));
        const all = Array.from({ length: 24 }, wrong);
        await Promise.race(all);
      },
    ],
  ])('ends soon and in order, in spite of %s', async (_, burden) => {
    const server = await ServerProcess.start(await temporaryFolder());
    const client = connect(server.address);
    await client.accounts.createAccount({ username: 'ann', password });
    const { token } = await client.sessions.login({ username: 'ann', password });
    await burden(server, token);
    const began = Date.now();
    expect(await server.stop()).toBe(0);
    expect(Date.now() - began).toBeLessThan(5_000);
    expect(server.log).toContain('"stopped"');
  });
});

async function open(address: string) {
  const { hostname, port } = new URL(`http://${address}`);
  const socket = connectTcp(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  // The server cuts it off.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function openIdly({ address, webAddress }: ServerProcess): Promise<void> {
  await open(address);
  await open(new URL(webAddress).host);
  // Taken once a later one was answered.
  await fetch(`${webAddress}/healthz`, { headers: { connection: 'close' } });
}

/** A subscriber in a process of its own, which gets a heartbeat and is halted then. */
async function suspendSubscriber({ address }: ServerProcess, token: string): Promise<void> {
  const script = `
    const headers = {
      ':method': 'POST',
      ':path': '/holdfast.v1.MessageService/Subscribe',
      'content-type': 'application/grpc',
      te: 'trailers',
      authorization: 'Bearer ${token}',
    };
    const stream = require('node:http2').connect('http://${address}').request(headers);
    stream.on('data', () => console.log('subscribed'));
    stream.end(Buffer.alloc(5));`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.kill('SIGSTOP');
}
