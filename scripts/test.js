// `npm test`: sets up, checks, then runs every test. Arguments go to the test runner.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { provideChromium, provideEtcd, provideStrace } from './debian-tool.js';
import { provideShells } from './debian-shell.js';
import { root, setUp } from './setup.js';

setUp();
// strace counts the fdatasync calls before an acknowledgement.
for (const folder of [provideStrace(), provideEtcd(), provideChromium(), ...provideShells()]) {
  if (folder) process.env.PATH = `${folder}:${process.env.PATH}`;
}
const runner = join('node_modules', 'vitest', 'vitest.mjs');
const commands = [[join('scripts', 'check.js')], [runner, 'run', ...process.argv.slice(2)]];
for (const command of commands) {
  const result = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) process.exit(result.status ?? 1);
}
