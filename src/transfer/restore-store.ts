import type { RandomBytes } from '../chat/ids.js';
import { records } from '../chat/records.js';
import { decodeKey } from '../kv/key-codec.js';
import { limits } from '../kv/limits.js';
import type { Store } from '../kv/store.js';
import { CarefulWriter } from './careful-writer.js';
import type { NewEntry } from './careful-writer.js';
import { fillStore } from './fill-store.js';
import type { FillOutcome } from './fill-store.js';
import type { Wait } from './patience.js';
import { readBackup } from './read-backup.js';
import type { BackupEntry, CheckedBackup } from './read-backup.js';
import { TransferError } from './transfer-error.js';

/** Bytes that wait for being stored. */
const waitingBytes = 8 * 1_024 * 1_024;

export type RestoreOptions = {
  /** The file from its start. */
  readonly open: () => AsyncIterable<Uint8Array>;
  /** What `checkBackup` of the same file has returned. */
  readonly checked: CheckedBackup;
  readonly random: RandomBytes;
  readonly wait: Wait;
  /** Leaves out sessions: everyone has to log in again. */
  readonly withoutSessions?: boolean;
  /** Ends it between two commits; another run goes on from there. */
  readonly signal?: AbortSignal;
  /** Commits on their way at once. Default: 64. */
  readonly width?: number;
};

/**
 * Fills an empty store with what a backup holds, or goes on where a run with the same file was cut off. It only
 * creates, as an import does; without sessions, those that an earlier run has brought are ended, also when that had come to
 * its end. Throws NOT_EMPTY or OTHER_IMPORT, then nothing has been changed; CONFLICT, DAMAGED or StoreError, then it is
 * unfinished.
 */
export async function restoreStore(store: Store, options: RestoreOptions): Promise<FillOutcome> {
  const { checked, random, wait } = options;
  const { sha256, lines } = checked.trailer;
  const filling = { noun: 'restore' as const, sha256, lines, random, wait };
  const outcome = await fillStore(store, filling, (done, note) => writeEntries(store, done, note, options));
  if (outcome.already && options.withoutSessions) await writeEntries(store, lines, undefined, options);
  return outcome;
}

/** `note` is told up to which line everything is there. */
async function writeEntries(
  store: Store,
  done: number,
  note: ((line: number) => Promise<void>) | undefined,
  { open, checked, wait, withoutSessions = false, signal, width = 64 }: RestoreOptions,
): Promise<void> {
  const writer = new CarefulWriter(store, wait);
  let commits = new Commits();
  let part: string | undefined;
  const flush = async (line: number) => {
    signal?.throwIfAborted();
    if (commits.all.length === 0) return;
    const leaveOut = withoutSessions && part === 'sessions';
    const outcomes = await Promise.allSettled(
      commits.all.map(({ entries }) => (leaveOut ? writer.remove(entries) : writer.create(entries))),
    );
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    commits = new Commits();
    await note?.(line);
  };
  const entries = readBackup(open());
  let line = done;
  for (;;) {
    const next = await entries.next();
    if (next.done) {
      await flush(line);
      if (next.value.trailer.sha256 !== checked.trailer.sha256) {
        throw new TransferError(
          'DAMAGED',
          'was changed while it was restored: begin again with an empty server',
        );
      }
      return;
    }
    const entry = next.value;
    if (withoutSessions && entry.kind.part === 'sessions') {
      // A run before this one may have brought some: not before it has noted other lines.
      if (done === 0) continue;
    } else if (entry.line <= done) continue;
    // A session never before what it gives access to.
    if (entry.kind.part !== part || commits.all.length >= width || commits.bytes >= waitingBytes) {
      await flush(line);
    }
    part = entry.kind.part;
    line = entry.line;
    commits.add(entry);
  }
}

/** Entries gathered into commits of one partition each, within the limits. */
class Commits {
  readonly all: { readonly partition: string; readonly entries: NewEntry[]; bytes: number }[] = [];
  bytes = 0;

  add({ key, value, kind }: BackupEntry): void {
    const entry = { key, value: kind.record === records.message ? asNew(value) : value };
    const partition = decodeKey(key).slice(0, 2).join(' ');
    // Each entry is a check and a write.
    const bytes = 2 * key.length + entry.value.length;
    const last = this.all.at(-1);
    const fits =
      last?.partition === partition &&
      2 * (last.entries.length + 1) <= limits.commitOperations &&
      last.bytes + bytes <= limits.commitBytes;
    if (fits) {
      last.entries.push(entry);
      last.bytes += bytes;
    } else {
      this.all.push({ partition, entries: [entry], bytes });
    }
    this.bytes += bytes;
  }
}

/** A message as if it was there before the new store's first commit: revisions of the old one mean nothing in it. */
function asNew(value: Uint8Array): Uint8Array {
  const record = records.message.decode(value);
  return record.appended === null ? value : records.message.encode({ ...record, appended: 0 });
}
