import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { EngineError } from './engine-error.js';

/** Where scripts/debian-tool.js puts the program. */
const provided = fileURLToPath(new URL('../../.setup/etcd/bin', import.meta.url));

const install =
  'install etcd 3.5 (Debian: the package etcd-server; "npm test" and "npm run cluster" fetch it by themselves)';

export type EtcdProgram = {
  /** Absolute. */
  readonly path: string;
  /** Such as 3.5.30. */
  readonly version: string;
  /** A sentence about this version that an operator should read. */
  readonly warning: string | undefined;
  /** Of `optionalFlags`, those that it takes. */
  readonly flags: readonly string[];
};

/**
 * Entries of the Raft log that are kept in memory after a snapshot, for members that are a little behind;
 * those that are further behind get a copy of the database. etcd keeps 5,000, with batches of messages up to
 * 100 KB each.
 */
const optionalFlags = ['--experimental-snapshot-catchup-entries=1000', '--snapshot-catchup-entries=1000'];

export type FindEtcdOptions = {
  /** A configured path; nothing else is tried then. */
  readonly configured?: string | undefined;
  /** Folders as in the environment's PATH. */
  readonly path: string | undefined;
};

/**
 * Configured, on PATH, or fetched by the set-up, in this order. Throws EngineError NO_PROGRAM,
 * PROGRAM_TOO_OLD.
 */
export async function findEtcd({ configured, path }: FindEtcdOptions): Promise<EtcdProgram> {
  const folders = [...(path ?? '').split(delimiter).filter(isAbsolute), provided];
  const candidates =
    configured === undefined ? folders.map((folder) => join(folder, 'etcd')) : [resolve(configured)];
  for (const candidate of candidates) {
    if (!(await isExecutable(candidate))) continue;
    const version = await versionOf(candidate);
    const flags = await takenFlags(candidate);
    return { path: candidate, version, warning: warningAbout(version), flags };
  }
  throw new EngineError(
    'NO_PROGRAM',
    configured === undefined
      ? `etcd is neither on PATH nor fetched by the set-up: ${install}`
      : `etcd: ${configured} is not a program that can be run: correct the path, or ${install}`,
  );
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function run(program: string, ...args: string[]): Promise<string> {
  // The environment must not change what it does, see member-process.ts.
  const { stdout } = await promisify(execFile)(program, args, { env: {}, timeout: 10_000 });
  return stdout;
}

/** Their names differ between versions, and some have none. */
async function takenFlags(program: string): Promise<string[]> {
  const known = optionalFlags.map(async (flag) => {
    const isTaken = await run(program, flag, '--version').then(
      () => true,
      () => false,
    );
    return isTaken ? [flag] : [];
  });
  return (await Promise.all(known)).flat();
}

async function versionOf(program: string): Promise<string> {
  let output;
  try {
    output = await run(program, '--version');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new EngineError('NO_PROGRAM', `${program} can not be run (${reason ?? ''}): ${install}`, { cause });
  }
  const [, version, major, minor] = /etcd Version: ((\d+)\.(\d+)\.\S+)/i.exec(output) ?? [];
  if (version === undefined) {
    throw new EngineError('NO_PROGRAM', `${program} does not say that it is etcd: ${install}`);
  }
  if (Number(major) < 3 || (Number(major) === 3 && Number(minor) < 4)) {
    throw new EngineError('PROGRAM_TOO_OLD', `etcd ${version} at ${program} is older than 3.4: ${install}`);
  }
  return version;
}

/** Exported for its test. */
export function warningAbout(version: string): string | undefined {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  if (major !== 3 || minor > 5)
    return `etcd ${version} is newer than 3.5: Holdfast has not been tried with it`;
  const fixed = minor === 4 ? 34 : 15;
  if (patch >= fixed) return undefined;
  return `etcd ${version} can drop events of a watch while it compacts: update it to 3.5.15 or newer`;
}
