import { spawnSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { connect, join as joinAs } from '../testkit/api-client.js';
import { CommandLine } from '../testkit/command-line.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const script = fileURLToPath(new URL('../../scripts/package.js', import.meta.url));

function run(command: string, ...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  expect([command, status, error, status === 0 ? '' : stderr]).toEqual([command, 0, undefined, '']);
  return stdout;
}

it('what npm run package makes runs where there is nothing else', async () => {
  const folder = await temporaryFolder();
  const built = join(folder, 'built');
  run(process.execPath, script, '--out', built);
  const tarball = (await readdir(built)).find((name) => name.endsWith('.tar.gz')) ?? '';
  run('tar', '-xzf', join(built, tarball), '-C', folder);
  const unpacked = join(folder, (await readdir(folder)).find((name) => name.startsWith('holdfast-')) ?? '');
  // Nothing that only building needs.
  const packages = await readdir(join(unpacked, 'node_modules'));
  for (const name of ['vitest', 'typescript', 'eslint']) expect(packages).not.toContain(name);

  const config = join(folder, 'config.json');
  await writeFile(config, JSON.stringify({ port: 0, web_port: 0, server_data: join(folder, 'data') }));
  const shell = new CommandLine(join(folder, 'home'), 'localhost:1');
  const program = join(unpacked, 'bin', 'holdfast.js');
  const server = shell.spawn(process.execPath, [program, '--json', 'serve', config]);
  await server.shows('"event":"serving"');
  const { server_address: address, web_address: page } = JSON.parse(server.out) as Record<string, string>;
  await joinAs(connect(address ?? ''), 'ann');
  const answer = await fetch(page ?? '');
  expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('<script')]);
  server.signal('SIGTERM');
  expect((await server.ended()).status).toBe(0);
}, 180_000);
