import type { Transaction } from 'lmdb';
import { ChangeRing } from '../kv/change-ring.js';
import { limits } from '../kv/limits.js';
import { StoreError } from '../kv/store-error.js';
import type {
  CallOptions,
  ChangeBatch,
  Commit,
  CommitResult,
  Entry,
  KeyRange,
  ReadRange,
  ReadRequest,
  Revision,
  Snapshot,
  Store,
} from '../kv/store.js';
import { validateCommit, validateRange, validateRead } from '../kv/validate.js';
import { applyBatch, toBuffer } from './batch.js';
import type { BatchOutcome } from './batch.js';
import { DataFolder } from './data-folder.js';
import { FolderError } from '../folder/folder-error.js';
import { openFiles, readRevision } from './lmdb-files.js';
import type { LmdbFiles } from './lmdb-files.js';
import { toStoreError } from './lmdb-errors.js';

const batchCommits = 1_000;
const batchBytes = 8 * 1_024 * 1_024;

export type LmdbStoreOptions = {
  readonly folder: string;
  /** Bytes of changes kept in memory for `changes`. Default: 32 MiB. */
  readonly feedBytes?: number;
};

type Pending = {
  readonly commit: Commit;
  readonly bytes: number;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: StoreError) => void;
};

/** A store in one folder, for one process. Changes from before it was opened are not kept. */
export class LmdbStore implements Store {
  private queue: Pending[] = [];
  private flushing: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  /** Pinned at the last durable commit: a transaction can be seen before its fdatasync returns. */
  private snapshot: Transaction;
  private revision: Revision;
  private readonly ring: ChangeRing;

  private constructor(
    private readonly folder: DataFolder,
    private readonly files: LmdbFiles,
    feedBytes: number,
  ) {
    this.snapshot = files.root.useReadTransaction();
    this.revision = readRevision(files);
    this.ring = new ChangeRing(this.revision, feedBytes);
  }

  /** Throws FolderError. */
  static async open({ folder, feedBytes }: LmdbStoreOptions): Promise<LmdbStore> {
    const opened = await DataFolder.open(folder);
    try {
      const files = await openFiles(opened.database);
      return new LmdbStore(opened, files, feedBytes ?? 32 * 1_024 * 1_024);
    } catch (cause) {
      await opened.close();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new FolderError('DAMAGED', `the database in ${folder} can not be opened: ${reason}`, { cause });
    }
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- LMDB reads at once, the port promises
  async read(requests: readonly ReadRequest[], options: CallOptions = {}): Promise<Snapshot> {
    this.requireOpen(options);
    validateRead(requests);
    try {
      return { revision: this.revision, results: requests.map((request) => this.answer(request)) };
    } catch (cause) {
      throw toStoreError(cause, 'UNAVAILABLE');
    }
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as above
  async count(range: KeyRange, options: CallOptions = {}): Promise<number> {
    this.requireOpen(options);
    validateRange(range);
    const { start, end } = bounds(range);
    if (Buffer.compare(start, end) >= 0) return 0;
    try {
      return this.files.data.getKeysCount({ start, end, transaction: this.snapshot });
    } catch (cause) {
      throw toStoreError(cause, 'UNAVAILABLE');
    }
  }

  async commit(commit: Commit, options: CallOptions = {}): Promise<CommitResult> {
    this.requireOpen(options);
    validateCommit(commit);
    const { signal } = options;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        reject(new StoreError('UNKNOWN_OUTCOME', 'the wait for a commit was given up'));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const settled = () => signal?.removeEventListener('abort', onAbort);
      this.queue.push({
        commit,
        bytes: sizeOf(commit),
        resolve: (result) => {
          settled();
          resolve(result);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
      this.flushing ??= this.flush();
    });
  }

  async *changes(after: Revision, options: CallOptions = {}): AsyncGenerator<ChangeBatch> {
    if (this.closing) throw closed();
    if (after > this.revision) throw new StoreError('INVALID', 'changes can not be read from the future');
    yield* this.ring.read(after, options.signal);
  }

  async close(): Promise<void> {
    this.closing ??= this.release();
    await this.closing;
  }

  private async release(): Promise<void> {
    await this.flushing;
    this.ring.close();
    this.snapshot.done();
    await this.files.root.close();
    await this.folder.close();
  }

  private requireOpen({ signal }: CallOptions): void {
    if (this.closing) throw closed();
    if (signal?.aborted) throw new StoreError('UNAVAILABLE', 'the call was given up before it began');
  }

  private answer(request: ReadRequest): Entry[] {
    const { data } = this.files;
    const transaction = this.snapshot;
    if ('key' in request) {
      const stored = data.get(toBuffer(request.key), { transaction });
      return stored ? [toEntry(request.key, stored)] : [];
    }
    const { start, end } = bounds(request);
    if (Buffer.compare(start, end) >= 0) return [];
    const limit = request.limit ?? limits.readEntries;
    const range = request.reverse
      ? { start: end, end: start, reverse: true, exclusiveStart: true, inclusiveEnd: true }
      : { start, end };
    const found = data.getRange({ ...range, limit, transaction });
    return Array.from(found, ({ key, value }) => toEntry(key, value));
  }

  /** While one transaction is on its way to the disk, the commits of the next one gather. */
  private async flush(): Promise<void> {
    // What else is committed in this turn of the event loop joins the first one.
    await Promise.resolve();
    while (this.queue.length > 0) {
      const pending = this.takeBatch();
      let outcome: BatchOutcome;
      // Undefined while nothing can have been written.
      let applied: BatchOutcome | undefined;
      try {
        outcome = await this.files.root.transaction(() => {
          const result = applyBatch(
            this.files,
            pending.map(({ commit }) => commit),
          );
          applied = result;
          return result;
        });
      } catch (cause) {
        const error = toStoreError(cause, applied ? 'UNKNOWN_OUTCOME' : 'UNAVAILABLE');
        this.renew();
        for (const { reject } of pending) reject(error);
        continue;
      }
      this.renew();
      for (const batch of outcome.batches) this.ring.push(batch);
      pending.forEach(({ resolve }, i) => resolve(outcome.results[i] ?? { ok: false }));
    }
    this.flushing = undefined;
  }

  /** Only called with no transaction on its way: what is in the database then is durable. */
  private renew(): void {
    this.snapshot.done();
    this.files.root.resetReadTxn();
    this.snapshot = this.files.root.useReadTransaction();
    this.revision = readRevision(this.files);
  }

  private takeBatch(): Pending[] {
    let bytes = 0;
    let count = 0;
    for (const pending of this.queue) {
      bytes += pending.bytes;
      if (count > 0 && (bytes > batchBytes || count >= batchCommits)) break;
      count += 1;
    }
    return this.queue.splice(0, count);
  }
}

function closed(): StoreError {
  return new StoreError('CLOSED', 'the store is closed');
}

function bounds(range: ReadRange): { readonly start: Buffer; readonly end: Buffer } {
  return { start: toBuffer(range.start), end: toBuffer(range.end) };
}

function toEntry(key: Uint8Array, stored: Buffer): Entry {
  return { key, value: Buffer.from(stored.subarray(8)), revision: Number(stored.readBigUInt64BE()) };
}

function sizeOf({ writes }: Commit): number {
  return writes.reduce((sum, write) => sum + (write.type === 'put' ? write.value.length : 0) + 200, 0);
}
