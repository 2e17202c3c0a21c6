// `npm run check`: generated code is current, format, lint, types, the page's size. Stops at the first that fails.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp } from './setup.js';

setUp();

const stop = new AbortController();

/** Returns what the command prints. The first that fails ends the others that still run, and this program. */
async function run(label, command, args) {
  const { signal } = stop;
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], signal });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const status = await new Promise((resolve) => {
    child.once('error', (error) => resolve(String(error)));
    child.once('close', resolve);
  });
  if (status === 0) return output;
  process.stderr.write(`check: ${label} failed\n${output || String(status)}\n`);
  stop.abort();
  return process.exit(1);
}

const bin = (name) => join('node_modules', '.bin', name);
// What is generated, by the template that says how.
const generated = { 'buf.gen.yaml': join('src', 'api'), 'buf.gen.etcd.yaml': join('src', 'etcd', 'api') };
for (const [template, folder] of Object.entries(generated)) {
  // Beside what is there: tests may read that meanwhile.
  const made = mkdtempSync(join(tmpdir(), 'holdfast-api-'));
  try {
    await run('code generation', bin('buf'), ['generate', '--template', template, '--output', made]);
    await run(`${folder} is not what proto/ generates, run npm run generate: this comparison`, 'diff', [
      '-r',
      folder,
      join(made, folder),
    ]);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}
// Beside each other, as none of these changes anything.
await Promise.all([
  run('proto lint', bin('buf'), ['lint']),
  run('format', bin('prettier'), ['--check', '--log-level', 'warn', '.']),
  run('lint', bin('eslint'), ['--max-warnings', '0', '.']),
  run('types', bin('tsc'), ['-p', 'tsconfig.json', '--noEmit']),
  ...['web', join('web', 'worker')].map((part) => run(`types of ${part}`, bin('tsc'), ['-p', part])),
]);
process.stdout.write(await run("the page's size", process.execPath, [join('scripts', 'check-page-size.js')]));
