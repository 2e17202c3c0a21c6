import { existsSync } from 'node:fs';
import { chmod, open as openFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { open } from 'lmdb';
import type { Database, RootDatabase, Transaction } from 'lmdb';
import { FolderError } from '../folder/folder-error.js';
import type { FolderLock } from '../folder/folder-lock.js';
import { syncFolder } from '../folder/sync-folder.js';
import type { BatchOutcome } from './batch.js';

const deletedKey = Buffer.from('deleted');
const revisionKey = Buffer.from('revision');
const copyChunk = 5_000;
/** Bytes that stay free beside a copy. */
const copyMargin = 8 * 1_024 * 1_024;

/** The entries, each value behind the 8 bytes of its revision, and what is kept about them. */
export type LmdbFiles = {
  readonly root: RootDatabase;
  readonly data: Database<Buffer, Buffer>;
  readonly meta: Database<Buffer, Buffer>;
  /** What was deleted may still be in the file: there was no room for a second one. */
  readonly erasureWaits: boolean;
};

export type Databases = Omit<LmdbFiles, 'erasureWaits'>;

const binary = { keyEncoding: 'binary', encoding: 'binary' } as const;

type OpenOptions = { readonly noSync?: boolean; readonly readOnly?: boolean };

function openDatabase(path: string, options: OpenOptions = {}): Databases {
  const root = open({
    path,
    noSubdir: true,
    maxDbs: 4,
    // A commit's promise resolves after its fdatasync (docs/decisions/embedded-store.md).
    overlappingSync: false,
    // A batch is written as soon as it is handed over; the store gathers by itself.
    eventTurnBatching: false,
    ...options,
  });
  return {
    root,
    data: root.openDB<Buffer, Buffer>('data', binary),
    meta: root.openDB<Buffer, Buffer>('meta', binary),
  };
}

/** For a process beside the one that writes. */
export function openToRead(path: string): Databases {
  return openDatabase(path, { readOnly: true });
}

/**
 * Opens the database; with deletions since the last time it is written anew first, under a lock that keeps others from
 * reading it: they would share a lock file with the new one, and what that says of the old one. Without room for a
 * second one, or while somebody reads, that waits for the next time.
 */
export async function openFiles(path: string, lockOut: () => Promise<FolderLock>): Promise<LmdbFiles> {
  await removeDatabase(`${path}.new`);
  let files = openDatabase(path);
  const erases = files.meta.getBinary(deletedKey) !== undefined;
  const lock = erases && (await hasRoomForCopy(path)) ? await lockOut().catch(whileRead) : undefined;
  if (lock) {
    try {
      await rewrite(files, `${path}.new`);
      await files.root.close();
      await rename(`${path}.new`, path);
      await syncFolder(dirname(path));
      await removeDatabase(`${path}.new`);
      files = openDatabase(path);
    } finally {
      await lock.release();
    }
  }
  const erasureWaits = erases && !lock;
  for (const file of [path, `${path}-lock`]) if (existsSync(file)) await chmod(file, 0o600);
  return { ...files, erasureWaits };
}

/** Undefined when somebody reads. */
function whileRead(error: unknown): undefined {
  if (!(error instanceof FolderError) || error.code !== 'IN_USE') throw error;
}

/** Without a transaction: as it is now. */
export function readRevision({ meta }: Databases, transaction?: Transaction): number {
  const stored = meta.get(revisionKey, transaction && { transaction });
  return Number(stored?.readBigUInt64BE() ?? 0n);
}

/**
 * Hands a batch to LMDB's writing thread, as one transaction; resolves once it is on the disk. Unlike a
 * transaction with a callback it never waits for this thread, which may be busy with calls.
 */
export async function writeBatch({ root, data, meta }: LmdbFiles, outcome: BatchOutcome): Promise<void> {
  await root.batch(() => {
    for (const { key, value } of outcome.writes) {
      if (value) void data.put(key, value);
      else void data.remove(key);
    }
    void meta.put(revisionKey, encodeRevision(outcome.revision));
    if (outcome.erases) void meta.put(deletedKey, Buffer.of(1));
  });
}

export function encodeRevision(revision: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(revision));
  return bytes;
}

/**
 * LMDB reuses the pages of what was deleted, without erasing them, and its compacting copy takes over pages
 * with what lies in their gaps: only entries that are written anew leave nothing of the others behind.
 */
async function rewrite(from: Databases, path: string): Promise<void> {
  const to = openDatabase(path, { noSync: true });
  let start: Buffer | undefined;
  for (;;) {
    const range = start ? { start, exclusiveStart: true } : {};
    const entries = [...from.data.getRange({ ...range, limit: copyChunk })];
    if (entries.length === 0) break;
    to.root.transactionSync(() => {
      for (const { key, value } of entries) to.data.putSync(key, value);
    });
    start = entries.at(-1)?.key;
  }
  to.root.transactionSync(() => to.meta.putSync(revisionKey, encodeRevision(readRevision(from))));
  await to.root.flushed;
  await to.root.close();
  await sync(path);
}

/** Asked before, as a memory-mapped file that finds no room ends the program (SIGBUS). */
async function hasRoomForCopy(path: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(dirname(path));
  return bavail * bsize > (await stat(path)).size + copyMargin;
}

async function removeDatabase(path: string): Promise<void> {
  await rm(path, { force: true });
  await rm(`${path}-lock`, { force: true });
}

async function sync(path: string): Promise<void> {
  const file = await openFile(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
