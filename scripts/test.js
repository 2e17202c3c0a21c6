// `npm test`: sets up, checks, then runs every test. Arguments go to the test runner.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { provideChromium, provideEtcd, provideStrace } from './debian-tool.js';
import { provideShells } from './debian-shell.js';
import { root, setUp } from './setup.js';

setUp();
// Beside the fetching, which waits most of the time.
const checking = spawn(process.execPath, [join('scripts', 'check.js')], { cwd: root, stdio: 'inherit' });
const checked = once(checking, 'exit');
process.once('exit', () => checking.kill());
// strace counts the fdatasync calls before an acknowledgement.
for (const folder of [provideStrace(), provideEtcd(), provideChromium(), ...provideShells()]) {
  if (folder) process.env.PATH = `${folder}:${process.env.PATH}`;
}
const [checks] = await checked;
if (checks !== 0) process.exit(checks ?? 1);
const runner = join('node_modules', 'vitest', 'vitest.mjs');
const tests = spawnSync(process.execPath, [runner, 'run', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
process.exit(tests.status ?? 1);
