import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect, join, refusalOf } from '../testkit/api-client.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

async function failure(folder: string, config: object) {
  const server = await ServerProcess.launch(folder, { config });
  const status = await server.ended();
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
  ])('refuses the configuration %j', async (config, expected) => {
    const { status, line } = await failure(await temporaryFolder(), config);
    expect(status).toBe(2);
    expect(line).toContain(expected);
    expect(line.trim().split('\n')).toHaveLength(1);
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
      line: `holdfast: port ${port} is taken by another program\n`,
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
});
