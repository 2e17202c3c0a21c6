// Brings a clone to a state where it can run: dependencies installed, sources compiled. Each step is
// skipped when what it depends on has not changed since it last succeeded, so that starting stays quick.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildWeb } from './build-web.js';

export const root = fileURLToPath(new URL('..', import.meta.url));

const stamps = join(root, '.setup');

/** Ends the program with one line that says what is missing. */
export function fail(sentence) {
  process.stderr.write(`holdfast: ${sentence}\n`);
  process.exit(1);
}

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  if (result.error) fail(`could not run ${command}: ${result.error.message}`);
  if (result.status !== 0) {
    process.stderr.write(result.stdout + result.stderr);
    fail(`${command} ${args.join(' ')} failed (exit status ${result.status}); its output is above`);
  }
}

function* filesUnder(path) {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) {
    yield path;
    return;
  }
  for (const name of readdirSync(path).sort()) yield* filesUnder(join(path, name));
}

function digest(paths) {
  const hash = createHash('sha256').update(process.version);
  for (const path of paths) {
    for (const file of filesUnder(join(root, path)))
      hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/** Runs `action` unless it has succeeded on the same inputs and its outcome is still there. */
function step(name, label, inputs, outcome, action) {
  const stamp = join(stamps, name);
  const wanted = digest(inputs);
  if (existsSync(stamp) && existsSync(join(root, outcome)) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write(`holdfast: ${label} …\n`);
  rmSync(stamp, { force: true });
  action();
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Installs and compiles what has changed. Idempotent; throws nothing, ends the program on a failure. */
export function setUp() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(`Node.js 20.19 or newer is needed, this is ${process.versions.node}`);
  }
  step(
    'dependencies',
    'installing dependencies',
    ['package-lock.json', 'package.json'],
    'node_modules',
    () => {
      run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--ignore-scripts']);
    },
  );
  // `npx holdfast` looks here first; npm does not link a package's own program.
  const link = join(root, 'node_modules', '.bin', 'holdfast');
  if (!existsSync(link) && existsSync(join(root, 'bin', 'holdfast.js'))) {
    rmSync(link, { force: true });
    symlinkSync(join('..', '..', 'bin', 'holdfast.js'), link);
  }
  const bundler = join('scripts', 'bundle-program.js');
  const sources = ['src', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json', bundler];
  step('build', 'compiling', sources, join('dist', 'program'), () => {
    rmSync(join(root, 'dist'), { recursive: true, force: true });
    run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json']);
    run(process.execPath, [bundler, join(root, 'dist')]);
  });
  const page = ['web', 'src/client', 'src/api', 'package-lock.json', 'scripts/build-web.js'];
  step('web', 'building the page', page, 'dist-web', () => {
    try {
      buildWeb();
    } catch (error) {
      process.stderr.write(`${error.message}\n`);
      fail('the page in web/ could not be built; the reason is above');
    }
  });
}

/** Compiles what `npm run robustness` runs. After setUp. */
export function setUpRobustness() {
  const sources = ['robustness', 'src', 'test/testkit', 'tsconfig.json'];
  const outcome = join('.setup', 'robustness', 'js');
  step('robustness-build', 'compiling the robustness suite', sources, outcome, () => {
    rmSync(join(root, outcome), { recursive: true, force: true });
    run(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'robustness']);
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) setUp();
