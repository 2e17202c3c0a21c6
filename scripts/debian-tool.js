// Programs that may be missing on this machine: taken from Debian's packages and unpacked under .setup,
// without root.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackPackages } from './debian-package.js';
import { fail, root } from './setup.js';

/**
 * Newest first; undefined: the machine's own sources. Debian 12's own etcd is older than 3.4.34, which can
 * drop watch events. Versions beyond 3.5 are not taken: nothing here was tried with them.
 */
const etcdSuites = ['sid', 'trixie', undefined];
const etcdVersions = /^etcd Version: 3\.[45]\./;

/**
 * Returns the folder to put in front of PATH, or undefined when the machine has strace. Ends the program on a
 * failure.
 */
export function provideStrace() {
  return provide('strace', (folder) => {
    const files = unpackPackages(folder, ['strace', 'libunwind8', 'liblzma5']);
    const libraries = readdirSync(files, { recursive: true })
      .map((name) => join(files, String(name)))
      .filter((path) => path.endsWith('-linux-gnu'));
    const line = `LD_LIBRARY_PATH='${libraries.join(':')}' exec '${join(files, 'usr', 'bin', 'strace')}' "$@"`;
    const wrapper = join(folder, 'bin', 'strace');
    writeFileSync(wrapper, `#!/bin/sh\n${line}\n`);
    chmodSync(wrapper, 0o755);
  });
}

/** As provideStrace, for etcd; src/engine/find-etcd.ts looks into the same folder. */
export function provideEtcd() {
  return provide('etcd', (folder) => {
    const reasons = new Set();
    for (const suite of etcdSuites) {
      try {
        const program = join(unpackPackages(folder, ['etcd-server'], suite), 'usr', 'bin', 'etcd');
        const version = spawnSync(program, ['--version'], { encoding: 'utf8' });
        if (!etcdVersions.test(version.stdout ?? '')) throw new Error('its program does not run here');
        renameSync(program, join(folder, 'bin', 'etcd'));
        return;
      } catch (error) {
        reasons.add(error.message);
      } finally {
        rmSync(join(folder, 'files'), { recursive: true, force: true });
      }
    }
    throw new Error([...reasons].join('; '));
  });
}

export function provide(program, install) {
  if (!spawnSync(program, ['--version'], { stdio: 'ignore' }).error) return undefined;
  const folder = join(root, '.setup', program);
  const bin = join(folder, 'bin');
  if (existsSync(join(bin, program))) return bin;
  process.stderr.write(`holdfast: fetching ${program} …\n`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(bin, { recursive: true });
  try {
    install(folder);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    const hint = program === 'etcd' ? 'etcd 3.5 (Debian: the package etcd-server)' : program;
    fail(`${program} is missing and could not be fetched: install ${hint} (${error.message})`);
  }
  return bin;
}
