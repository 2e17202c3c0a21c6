// `npm run fuzz -- --minutes 10 --seed 1`: made-up input for everything that parses bytes from outside (test/fuzz). It
// prints what it has tried, and ends with status 1 on a flaw, with the command that meets it again.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, root, setUp } from './setup.js';

const options = {
  minutes: { type: 'string', default: '1' },
  seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  target: { type: 'string' },
  case: { type: 'string' },
};
let values;
try {
  ({ values } = parseArgs({ options }));
} catch (error) {
  fail(error.message);
}
for (const name of ['minutes', 'seed']) {
  if (!(Number(values[name]) >= 0)) fail(`--${name}: must be a number from 0`);
}
setUp();
const env = { ...process.env, FUZZ_MINUTES: values.minutes, FUZZ_SEED: values.seed };
if (values.target !== undefined) env.FUZZ_TARGET = values.target;
if (values.case !== undefined) env.FUZZ_CASE = values.case;
const runner = join('node_modules', 'vitest', 'vitest.mjs');
const args = [runner, 'run', join('test', 'fuzz'), '--disable-console-intercept'];
const { status } = spawnSync(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
process.exit(status === 0 ? 0 : 1);
