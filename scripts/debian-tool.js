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
    wrap(join(folder, 'bin', 'strace'), join(files, 'usr', 'bin', 'strace'), librariesUnder(files));
  });
}

/** As provideStrace, for the browser of the tests, with fonts for it. */
export function provideChromium() {
  return provide('chromium', (folder) => {
    const packages = ['chromium', 'fonts-dejavu-core', 'fonts-noto-color-emoji'];
    const files = unpackPackages(folder, packages, { dependencies: true });
    const fonts = join(folder, 'fonts.conf');
    writeFileSync(fonts, fontConfiguration(files));
    const program = join(files, 'usr', 'lib', 'chromium', 'chromium');
    wrap(join(folder, 'bin', 'chromium'), program, librariesUnder(files), { FONTCONFIG_FILE: fonts });
  });
}

/** As provideStrace, for etcd; src/engine/find-etcd.ts looks into the same folder. */
export function provideEtcd() {
  return provide('etcd', (folder) => {
    const reasons = new Set();
    for (const suite of etcdSuites) {
      try {
        const program = join(unpackPackages(folder, ['etcd-server'], { suite }), 'usr', 'bin', 'etcd');
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
  // One that was copied here from elsewhere may not run.
  if (existsSync(join(bin, program)) && whyNot(join(bin, program)) === undefined) return bin;
  process.stderr.write(`holdfast: fetching ${program} …\n`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(bin, { recursive: true });
  try {
    install(folder);
    const reason = whyNot(join(bin, program));
    if (reason !== undefined) throw new Error(reason);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    const hint = program === 'etcd' ? 'etcd 3.5 (Debian: the package etcd-server)' : program;
    fail(`${program} is missing and could not be fetched: install ${hint} (${error.message})`);
  }
  return bin;
}

/** Why the program can't be run, in one line; undefined: it can. */
function whyNot(path) {
  const { error, status, stderr } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  if (error) return error.message;
  return status === 0 ? undefined : (stderr.trim().split('\n').at(-1) ?? `exit status ${status}`);
}

/** Folders with libraries, anywhere under a folder. */
function librariesUnder(files) {
  const folders = readdirSync(files, { recursive: true, withFileTypes: true })
    .filter(({ name }) => /\.so(\.|$)/.test(name))
    .map(({ parentPath }) => parentPath);
  return [...new Set(folders)];
}

/** Writes a command that runs the program with these libraries and this environment. */
function wrap(path, program, libraries, environment = {}) {
  const variables = { LD_LIBRARY_PATH: libraries.join(':'), ...environment };
  const quoted = (text) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
  writeFileSync(path, `#!/bin/sh\n${exports.join('\n')}\nexec ${quoted(program)} "$@"\n`);
  chmodSync(path, 0o755);
}

/** The machine's fonts, where it has any, and those of the packages. */
function fontConfiguration(files) {
  return `<?xml version="1.0"?>
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <include ignore_missing="yes">${join(files, 'etc', 'fonts', 'fonts.conf')}</include>
  <dir>${join(files, 'usr', 'share', 'fonts')}</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;
}
