// Fetches Debian packages with the machine's own apt, into a folder of ours: without root, without
// installing anything or starting a service. Signatures are checked as for any package.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * Unpacks the packages into `folder`/files and returns that folder. `suite`: a Debian suite to take them
 * from, such as 'sid'; by default, the machine's own sources. `dependencies`: also whatever they need that the
 * machine does not have. Throws an error of one line.
 */
export function unpackPackages(folder, packages, { suite, dependencies = false } = {}) {
  const apt = new PrivateApt(join(folder, 'apt'));
  try {
    if (suite !== undefined) apt.useSuite(suite);
    apt.run('update');
    apt.run('download', ...(dependencies ? apt.missing(packages) : packages));
    const unpacked = join(folder, 'files');
    rmSync(unpacked, { recursive: true, force: true });
    for (const file of apt.downloads()) execute('dpkg', ['-x', file, unpacked]);
    return unpacked;
  } finally {
    apt.remove();
  }
}

/** apt with lists and downloads of its own: neither needs root nor changes the machine's. */
class PrivateApt {
  #folder;
  #options;

  constructor(folder) {
    this.#folder = folder;
    rmSync(folder, { recursive: true, force: true });
    const state = join(folder, 'state');
    const cache = join(folder, 'cache');
    for (const path of [join(state, 'lists', 'partial'), join(cache, 'archives', 'partial')]) {
      mkdirSync(path, { recursive: true });
    }
    this.#options = [
      `Dir::State=${state}`,
      'Dir::State::status=/var/lib/dpkg/status',
      `Dir::Cache=${cache}`,
      'Debug::NoLocking=1',
      'APT::Sandbox::User=root',
      'Acquire::Languages=none',
    ];
  }

  /** From now on only this suite, from where the machine gets its own. */
  useSuite(suite) {
    const list = join(this.#folder, 'suite.list');
    const signed = existsSync(keyring) ? `[signed-by=${keyring}] ` : '';
    writeFileSync(list, `deb ${signed}${this.#debianSource()} ${suite} main\n`);
    this.#options.push(`Dir::Etc::SourceList=${list}`, 'Dir::Etc::SourceParts=/dev/null');
  }

  run(...args) {
    const options = this.#options.flatMap((option) => ['-o', option]);
    return execute('apt-get', [...options, ...args], this.#folder);
  }

  /** The packages and what they need, without what is installed. */
  missing(packages) {
    const plan = this.run('install', '--simulate', '--no-install-recommends', ...packages);
    const names = [...plan.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name);
    // One that is installed is not in the plan, but was asked for. Another libc than the loader's can't be used.
    return [...new Set([...packages, ...names])].filter((name) => name !== 'libc6');
  }

  downloads() {
    const names = readdirSync(this.#folder).filter((name) => name.endsWith('.deb'));
    return names.map((name) => join(this.#folder, name));
  }

  remove() {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #debianSource() {
    const release = Object.fromEntries(
      readFileSync('/etc/os-release', 'utf8')
        .split('\n')
        .map((line) => line.replaceAll('"', '').split('=')),
    );
    if (release.ID !== 'debian') throw new Error('this machine does not run Debian');
    const suites = [release.VERSION_CODENAME, 'stable', 'testing', 'unstable', 'sid'];
    for (const [, uri, suite] of this.run('--print-uris', 'update').matchAll(/'(\S+)\/dists\/([^/']+)\//g)) {
      if (suites.includes(suite)) return uri;
    }
    throw new Error("apt has no source of Debian's packages");
  }
}

function execute(command, args, cwd) {
  const result = spawnSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  if (result.error) throw new Error(`${command} can not be run: ${result.error.message}`);
  if (result.status === 0) return result.stdout;
  const [reason = `exit status ${result.status}`] = result.stderr.trim().split('\n').slice(-1);
  throw new Error(`${command} failed: ${reason}`);
}
