// `npm test`: sets up, then checks and runs every test. Arguments go to the test runner.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { provideChromium, provideEtcd, provideStrace } from './debian-tool.js';
import { provideShells } from './debian-shell.js';
import { root, setUp } from './setup.js';

/** Resolves to the exit status. */
async function start(args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  // What is missing and can't be fetched ends this program.
  process.once('exit', () => child.kill());
  const [status] = await once(child, 'exit');
  return status ?? 1;
}

setUp();
// Beside the fetching, and beside the first tests: both wait much.
const checks = start([join('scripts', 'check.js')]);
// strace counts the fdatasync calls before an acknowledgement.
for (const folder of [provideStrace(), provideEtcd(), provideChromium(), ...provideShells()]) {
  if (folder) process.env.PATH = `${folder}:${process.env.PATH}`;
}
const tests = start([join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...process.argv.slice(2)]);
// Nobody ends the tests before their end: they have servers to stop.
const [failedTests, failedChecks] = await Promise.all([tests, checks]);
if (failedChecks !== 0) process.stderr.write('check: failed, as is told above\n');
process.exit(failedTests || failedChecks);
