import type { Change, ChangeBatch, Check, Commit, CommitResult, Key } from '../kv/store.js';
import { encodeRevision, readRevision, writeRevision } from './lmdb-files.js';
import type { LmdbFiles } from './lmdb-files.js';

/** What became of the commits of one transaction. */
export type BatchOutcome = {
  readonly results: readonly CommitResult[];
  readonly batches: readonly ChangeBatch[];
};

/**
 * Applies commits in order, each upon those before it, within a write transaction. A commit whose checks
 * don't hold leaves no trace.
 */
export function applyBatch(files: LmdbFiles, commits: readonly Commit[]): BatchOutcome {
  const results: CommitResult[] = [];
  const batches: ChangeBatch[] = [];
  let revision = readRevision(files);
  let deleted = false;
  for (const { checks, writes } of commits) {
    if (!checks.every((check) => holds(files, check))) {
      results.push({ ok: false });
      continue;
    }
    revision += 1;
    const prefix = encodeRevision(revision);
    const changes = new Map<string, Change>();
    const remove = (key: Key) => {
      if (!files.data.removeSync(toBuffer(key))) return;
      deleted = true;
      changes.set(nameOf(key), { type: 'delete', key });
    };
    for (const write of writes) {
      if (write.type === 'put') {
        const { key, value } = write;
        // An overwritten value has to leave the disk just as a deleted one.
        deleted ||= files.data.doesExist(toBuffer(key));
        files.data.putSync(toBuffer(key), Buffer.concat([prefix, value]));
        changes.set(nameOf(key), { type: 'put', key, value });
      } else if (write.type === 'delete') {
        remove(write.key);
      } else {
        const range = { start: toBuffer(write.start), end: toBuffer(write.end) };
        if (Buffer.compare(range.start, range.end) >= 0) continue;
        for (const key of [...files.data.getKeys(range)]) remove(key);
      }
    }
    results.push({ ok: true, revision });
    batches.push({
      revision,
      changes: [...changes.values()].sort((a, b) => Buffer.compare(a.key, b.key)),
    });
  }
  if (batches.length > 0) writeRevision(files, revision, deleted);
  return { results, batches };
}

/** A view of the same bytes. */
export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

function holds({ data }: LmdbFiles, { key, revision }: Check): boolean {
  const stored = data.getBinary(toBuffer(key));
  if (!stored) return revision === null;
  return revision !== null && Number(stored.readBigUInt64BE()) === revision;
}

function nameOf(key: Key): string {
  return toBuffer(key).toString('latin1');
}
