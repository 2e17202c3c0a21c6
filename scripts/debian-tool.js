// Debian packages that tests need: taken from the machine, or else unpacked under .setup, which needs no root.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, root } from './setup.js';

/** Returns the folder to put in front of PATH, or undefined when the machine has the program. */
export function provide(program, packages) {
  if (!spawnSync(program, ['--version'], { stdio: 'ignore' }).error) return undefined;
  const folder = join(root, '.setup', program);
  const bin = join(folder, 'bin');
  if (existsSync(join(bin, program))) return bin;
  process.stderr.write(`holdfast: fetching ${program} for the tests …\n`);
  rmSync(folder, { recursive: true, force: true });
  const state = join(folder, 'apt', 'state');
  const cache = join(folder, 'apt', 'cache');
  for (const path of [join(state, 'lists', 'partial'), join(cache, 'archives', 'partial'), bin]) {
    mkdirSync(path, { recursive: true });
  }
  const options = [
    `Dir::State=${state}`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::Cache=${cache}`,
    'Debug::NoLocking=1',
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  const downloads = join(folder, 'apt');
  const run = (command, args) => {
    const result = spawnSync(command, args, {
      cwd: downloads,
      stdio: ['ignore', 'pipe', 'pipe'],
      encoding: 'utf8',
    });
    if (result.error || result.status !== 0) {
      process.stderr.write(result.stderr ?? '');
      rmSync(folder, { recursive: true, force: true });
      fail(`${program} is missing, and a test needs it: install the package ${packages[0]}`);
    }
  };
  run('apt-get', [...options, 'update']);
  run('apt-get', [...options, 'download', ...packages]);
  const unpacked = join(folder, 'files');
  for (const name of readdirSync(downloads)) {
    if (name.endsWith('.deb')) run('dpkg', ['-x', name, unpacked]);
  }
  rmSync(downloads, { recursive: true });
  const libraries = readdirSync(unpacked, { recursive: true })
    .map((name) => join(unpacked, String(name)))
    .filter((path) => path.endsWith('-linux-gnu'));
  const wrapper = join(bin, program);
  const line = `LD_LIBRARY_PATH='${libraries.join(':')}' exec '${join(unpacked, 'usr', 'bin', program)}' "$@"`;
  writeFileSync(wrapper, `#!/bin/sh\n${line}\n`);
  chmodSync(wrapper, 0o755);
  return bin;
}
