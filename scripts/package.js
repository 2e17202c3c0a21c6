// `npm run package`: what an operator needs on a machine that reaches no package registry, as a tarball. It runs on machines
// of this one's kind (system, processor, C library). `--deb`: as a Debian package, too. `--etcd`: with the etcd that the
// set-up has fetched. `--out FOLDER`: where to put them. Default: build/.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';
import { fail, root, setUp } from './setup.js';

const { values } = parseArgs({
  options: { deb: { type: 'boolean' }, etcd: { type: 'boolean' }, out: { type: 'string' } },
});
const { version, description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const out = resolve(values.out ?? join(root, 'build'));
const etcd = join(root, '.setup', 'etcd', 'bin', 'etcd');
const buildOnly = /\.(map|d\.[cm]?ts|tsbuildinfo)$/;
/** Debian's names of processors. */
const architectures = { x64: 'amd64', arm64: 'arm64' };

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', ...options });
  if (result.error) fail(`could not run ${command}: ${result.error.message}`);
  if (result.status !== 0) fail(`${command} ${args.join(' ')} failed:\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

/** The folders of all packages that the program needs when it runs. */
function productionPackages() {
  const listed = run('npm', ['ls', '--omit=dev', '--all', '--parseable']).split('\n');
  return listed
    .map((path) => path.trim())
    .filter((path) => path.includes('node_modules') && existsSync(path));
}

/** Everything below /opt/holdfast. */
function assemble(folder) {
  for (const name of [
    'bin',
    'dist',
    'dist-web',
    'docs',
    'ops',
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'config_distributed.json',
  ]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  // Without what is needed only for building: npm must not look for it here.
  const {
    devDependencies: _,
    scripts: __,
    ...manifest
  } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  for (const path of productionPackages()) {
    const nested = join(path, 'node_modules');
    // Packages within it are listed by themselves; types and source maps are of no use where nothing is built.
    const filter = (source) =>
      source !== nested && !source.startsWith(`${nested}/`) && !buildOnly.test(source);
    cpSync(path, join(folder, relative(root, path)), { recursive: true, dereference: true, filter });
  }
  if (values.etcd) {
    if (!existsSync(etcd))
      fail('there is no etcd to take along: run npm run cluster or npm test once, or leave out --etcd');
    cpSync(etcd, join(folder, relative(root, etcd)));
  }
}

/** The same files each time from the same sources: sorted, of nobody, as old as the last change of the sources. */
function tarball(stage, name) {
  const file = join(out, `${name}-${process.platform}-${process.arch}.tar.gz`);
  const time = `@${Math.floor(statSync(join(root, 'package.json')).mtimeMs / 1_000)}`;
  const reproducible = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', `--mtime=${time}`];
  run('tar', [...reproducible, '-czf', file, '-C', stage, name]);
  return file;
}

function debianPackage(stage, name) {
  const architecture = architectures[process.arch];
  if (architecture === undefined) fail(`there is no Debian package for ${process.arch}: leave out --deb`);
  const tree = join(stage, 'debian');
  const put = (path, content) => {
    mkdirSync(join(tree, path, '..'), { recursive: true });
    writeFileSync(join(tree, path), content, { mode: path.startsWith('DEBIAN/p') ? 0o755 : 0o644 });
  };
  cpSync(join(stage, name), join(tree, 'opt', 'holdfast'), { recursive: true });
  for (const unit of ['holdfast.service', 'holdfast@.service']) {
    put(join('lib', 'systemd', 'system', unit), readFileSync(join(root, 'ops', unit)));
  }
  put('usr/lib/sysusers.d/holdfast.conf', readFileSync(join(root, 'ops', 'holdfast.sysusers.conf')));
  put('usr/bin/holdfast', '#!/bin/sh\nexec node /opt/holdfast/bin/holdfast.js "$@"\n');
  run('chmod', ['755', join(tree, 'usr/bin/holdfast')]);
  const control = {
    Package: 'holdfast',
    Version: version,
    Architecture: architecture,
    Maintainer: 'Holdfast <holdfast@localhost>',
    Depends: 'nodejs (>= 20.19), util-linux',
    ...(values.etcd ? {} : { Suggests: 'etcd-server (>= 3.5.15)' }),
    Description: description,
  };
  put(
    'DEBIAN/control',
    Object.entries(control)
      .map(([key, value]) => `${key}: ${value}\n`)
      .join(''),
  );
  put(
    'DEBIAN/postinst',
    '#!/bin/sh\nset -e\nsystemd-sysusers holdfast.conf\nmkdir -p /etc/holdfast\n' +
      'if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi\n',
  );
  const file = join(out, `holdfast_${version}_${architecture}.deb`);
  run('dpkg-deb', ['--root-owner-group', '--build', tree, file]);
  return file;
}

setUp();
const stage = mkdtempSync(join(tmpdir(), 'holdfast-package-'));
try {
  const name = `holdfast-${version}`;
  // What others may read, whatever this person's umask is.
  process.umask(0o022);
  assemble(join(stage, name));
  run('chmod', ['-R', 'u=rwX,go=rX', stage]);
  mkdirSync(out, { recursive: true });
  const files = [tarball(stage, name), ...(values.deb ? [debianPackage(stage, name)] : [])];
  for (const file of files) {
    process.stdout.write(`${file} (${Math.round(statSync(file).size / 1_048_576)} MB)\n`);
  }
} finally {
  rmSync(stage, { recursive: true, force: true });
}
