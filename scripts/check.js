// `npm run check`: generated code is current, format, lint, types, the page's size. Stops at the first that fails.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, setUp } from './setup.js';

setUp();

function run(label, command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  if (result.status === 0) return result.stdout;
  return fail(label, `${result.stdout}${result.stderr}${result.error ?? ''}`);
}

async function runBeside(label, command, args) {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const status = await new Promise((resolve) => {
    child.once('error', (error) => resolve(String(error)));
    child.once('close', resolve);
  });
  if (status !== 0) fail(label, output || String(status));
}

function fail(label, output) {
  process.stderr.write(`check: ${label} failed\n${output}\n`);
  process.exit(1);
}

const bin = (name) => join('node_modules', '.bin', name);
// What is generated, by the template that says how.
const generated = { 'buf.gen.yaml': join('src', 'api'), 'buf.gen.etcd.yaml': join('src', 'etcd', 'api') };
for (const [template, folder] of Object.entries(generated)) {
  const before = mkdtempSync(join(tmpdir(), 'holdfast-api-'));
  try {
    cpSync(join(root, folder), before, { recursive: true });
    run('code generation', bin('buf'), ['generate', '--template', template]);
    run(
      `${folder} is not what proto/ generates; it has been regenerated, commit it: this comparison`,
      'diff',
      ['-r', before, folder],
    );
  } finally {
    rmSync(before, { recursive: true, force: true });
  }
}
// Beside each other, as none of these changes anything.
await Promise.all([
  runBeside('proto lint', bin('buf'), ['lint']),
  runBeside('format', bin('prettier'), ['--check', '--log-level', 'warn', '.']),
  runBeside('lint', bin('eslint'), ['--max-warnings', '0', '.']),
  runBeside('types', bin('tsc'), ['-p', 'tsconfig.json', '--noEmit']),
  ...['web', join('web', 'worker')].map((part) => runBeside(`types of ${part}`, bin('tsc'), ['-p', part])),
]);
process.stdout.write(run("the page's size", process.execPath, [join('scripts', 'check-page-size.js')]));
