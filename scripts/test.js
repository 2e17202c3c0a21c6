// `npm test`: sets up, checks, then runs every test. Arguments go to the test runner.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { provide } from './debian-tool.js';
import { root, setUp } from './setup.js';

setUp();
// Counts the fdatasync calls before an acknowledgement.
const tracer = provide('strace', ['strace', 'libunwind8', 'liblzma5']);
if (tracer) process.env.PATH = `${tracer}:${process.env.PATH}`;
const runner = join('node_modules', 'vitest', 'vitest.mjs');
const commands = [[join('scripts', 'check.js')], [runner, 'run', ...process.argv.slice(2)]];
for (const command of commands) {
  const result = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) process.exit(result.status ?? 1);
}
