// Shells whose completion is tested, where the machine has not got them.
import { chmodSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackPackages } from './debian-package.js';
import { provide } from './debian-tool.js';

/** Returns the folders to put in front of PATH. Ends the program on a failure. */
export function provideShells() {
  return [provide('zsh', installZsh), provide('fish', installFish)];
}

function installZsh(folder) {
  const files = unpackPackages(folder, ['zsh', 'zsh-common', 'libcap2']);
  // It takes the places of its modules and functions from no environment: a test tells it where they are.
  wrap(folder, 'zsh', join(files, 'bin', 'zsh'), `export ZSH_UNPACKED='${files}'`);
}

function installFish(folder) {
  const files = unpackPackages(folder, ['fish', 'fish-common', 'libpcre2-32-0', 'libtinfo6']);
  // It finds its own files when these two stand beside each other.
  symlinkSync(join('..', 'etc'), join(files, 'usr', 'etc'));
  const libraries = readdirSync(files, { recursive: true, withFileTypes: true })
    .filter(({ name }) => /\.so(\.|$)/.test(name))
    .map(({ parentPath }) => parentPath);
  const path = [...new Set(libraries)].join(':');
  wrap(folder, 'fish', join(files, 'usr', 'bin', 'fish'), `export LD_LIBRARY_PATH='${path}'`);
}

function wrap(folder, name, program, environment) {
  const wrapper = join(folder, 'bin', name);
  writeFileSync(wrapper, `#!/bin/sh\n${environment}\nexec '${program}' "$@"\n`);
  chmodSync(wrapper, 0o755);
}
