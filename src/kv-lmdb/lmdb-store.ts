import { existsSync } from 'node:fs';
import type { Transaction } from 'lmdb';
import { ChangeRing } from '../kv/change-ring.js';
import { StoreError } from '../kv/store-error.js';
import type {
  CallOptions,
  ChangeBatch,
  Commit,
  CommitResult,
  KeyRange,
  ReadRequest,
  Revision,
  Snapshot,
  Store,
} from '../kv/store.js';
import { validateCommit, validateRange, validateRead } from '../kv/validate.js';
import { decideBatch } from './batch.js';
import type { StoredView } from './batch.js';
import { DataFolder } from './data-folder.js';
import { answerFrom, bounds } from './lmdb-answer.js';
import { LmdbMoment, readingLock } from './lmdb-moment.js';
import { openFiles, readRevision, writeBatch } from './lmdb-files.js';
import { FolderLock } from '../folder/folder-lock.js';
import type { LmdbFiles } from './lmdb-files.js';
import { orDamaged, toCommitError, toStoreError } from './lmdb-errors.js';

const batchCommits = 1_000;
const batchBytes = 8 * 1_024 * 1_024;
/** Bytes of room that only commits with `reserve` may use. */
const reservedBytes = 8 * 1_024 * 1_024;
/** Milliseconds between looks at the room that is left, and bytes written between two of them, at most. */
const lookInterval = 1_000;
const lookBytes = 2 * 1_024 * 1_024;

export type LmdbStoreOptions = {
  readonly folder: string;
  /** Makes the store where there is none. Default: true; else FolderError MISSING. */
  readonly create?: boolean;
  /** Looks at what is stored before anything is changed; what it throws, `open` throws. Default: takes everything. */
  readonly accept?: (stored: Pick<Store, 'read'>) => Promise<void>;
  /** Told why commits failed that nothing was wrong with: the disk is full, or fails. */
  readonly onFault?: (error: StoreError) => void;
  /** Bytes of changes kept in memory for `changes`. Default: 32 MiB. */
  readonly feedBytes?: number;
  /** Called with each batch of commits that was written. */
  readonly observe?: (batch: { readonly commits: number; readonly milliseconds: number }) => void;
};

export type StoreSize = {
  /** Of the database file. */
  readonly bytes: number;
  /** Of it, what holds data. */
  readonly bytesInUse: number;
  /** Free on the disk. */
  readonly bytesAvailable: number;
};

type LmdbStats = {
  readonly pageSize: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
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
  /** Bytes that can still be written: as of the last look, without what was written since. */
  private room = Infinity;
  private unseen = 0;
  /** On `performance.now`. */
  private lookAgain = 0;
  /** Pinned at the last durable commit: a transaction can be seen before its fdatasync returns. */
  private snapshot: Transaction;
  private revision: Revision;
  /** False while the database may have more than the snapshot: nothing may be decided by it then. */
  private current = true;
  private readonly ring: ChangeRing;
  /** What is durable. */
  private readonly view: StoredView = {
    get: (key) => this.files.data.get(key, { transaction: this.snapshot }),
    keys: (range) => this.files.data.getKeys({ ...range, transaction: this.snapshot }),
  };

  private constructor(
    private readonly folder: DataFolder,
    private readonly files: LmdbFiles,
    private readonly onFault: (error: StoreError) => void,
    feedBytes: number,
    private readonly observe: NonNullable<LmdbStoreOptions['observe']>,
  ) {
    this.snapshot = files.root.useReadTransaction();
    this.revision = readRevision(files);
    this.ring = new ChangeRing(this.revision, feedBytes);
  }

  /** Throws FolderError, and what `accept` throws. */
  static async open(options: LmdbStoreOptions): Promise<LmdbStore> {
    const { folder, create = true, accept, feedBytes } = options;
    const { onFault = () => undefined, observe = () => undefined } = options;
    const opened = await DataFolder.open(folder, create);
    try {
      const { database } = opened;
      if (accept && existsSync(database)) await inspect(database, accept);
      const lockOut = () => FolderLock.acquire(folder, readingLock);
      const files = await orDamaged(database, () => openFiles(database, lockOut));
      await opened.made();
      return new LmdbStore(opened, files, onFault, feedBytes ?? 32 * 1_024 * 1_024, observe);
    } catch (error) {
      await opened.close();
      throw error;
    }
  }

  /** What was deleted before this start is still on the disk: it has no room for a second copy of the database. */
  get erasureWaits(): boolean {
    return this.files.erasureWaits;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- LMDB reads at once, the port promises
  async read(requests: readonly ReadRequest[], options: CallOptions = {}): Promise<Snapshot> {
    this.requireOpen(options);
    validateRead(requests);
    try {
      return {
        revision: this.revision,
        results: requests.map((request) => answerFrom(this.files.data, request, this.snapshot)),
      };
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

  /** What the database takes, and what its disk still has. */
  async size(): Promise<StoreSize & { readonly full: boolean }> {
    this.requireOpen({});
    return { ...(await this.measure()), full: this.room < reservedBytes };
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

  /** While one transaction is on its way to the disk, the commits of the next one gather. */
  private async flush(): Promise<void> {
    // What else is committed in this turn of the event loop joins the first one.
    await Promise.resolve();
    while (this.queue.length > 0) {
      const pending = await this.withRoom(this.takeBatch());
      let written = false;
      try {
        if (!this.current) this.recover();
        const commits = pending.map(({ commit }) => commit);
        const outcome = decideBatch(this.view, this.revision, commits);
        if (outcome.batches.length > 0) {
          written = true;
          this.current = false;
          const began = performance.now();
          await writeBatch(this.files, outcome);
          this.renew();
          this.observe({ commits: pending.length, milliseconds: performance.now() - began });
        }
        for (const batch of outcome.batches) this.ring.push(batch);
        pending.forEach(({ resolve }, i) => resolve(outcome.results[i] ?? { ok: false }));
      } catch (cause) {
        const refusal = await this.afterFailure(cause, written);
        this.onFault(refusal);
        for (const { reject } of pending) reject(refusal);
      }
    }
    this.flushing = undefined;
  }

  /** Returns what to tell. */
  private async afterFailure(cause: unknown, written: boolean): Promise<StoreError> {
    const error = await toCommitError(cause, written ? 'UNKNOWN_OUTCOME' : 'UNAVAILABLE');
    try {
      const told = this.ring.revision;
      this.recover();
      return this.revision === told ? await this.folder.explain(error) : error;
    } catch {
      // The next commit looks again.
      return error;
    }
  }

  /** Looks what is there. When it is more than those who follow the changes were told, they have to read it. */
  private recover(): void {
    this.renew();
    if (this.revision !== this.ring.revision) this.ring.restart(this.revision);
  }

  /** The commits that there is room for: near the end of the disk those that may use what is kept back. */
  private async withRoom(pending: readonly Pending[]): Promise<readonly Pending[]> {
    const now = performance.now();
    if (now >= this.lookAgain || this.unseen >= lookBytes) {
      // A disk that can't be asked is not known to be full.
      const size = await this.measure().catch(() => undefined);
      this.room = size ? roomOf(size) : Infinity;
      this.unseen = 0;
      this.forgetDeadReaders();
      this.lookAgain = now + lookInterval;
    }
    return pending.filter(({ commit, bytes, reject }) => {
      const fits = commit.reserve === true || this.room - bytes >= reservedBytes;
      if (fits) {
        this.room -= bytes;
        this.unseen += bytes;
      } else {
        reject(new StoreError('OUT_OF_SPACE', 'the disk is nearly full: what is left is kept for deleting'));
      }
      return fits;
    });
  }

  /** A backup that was killed would keep all that it read from being used again. */
  private forgetDeadReaders(): void {
    try {
      this.files.root.readerCheck();
    } catch {
      // No commit's fault: what it cost is room, and it is looked for again.
    }
  }

  private async measure(): Promise<StoreSize> {
    const stats = this.files.data.getStats() as LmdbStats;
    const pages = stats.treeBranchPageCount + stats.treeLeafPageCount + stats.overflowPages;
    return { ...(await this.folder.size()), bytesInUse: pages * stats.pageSize };
  }

  /** Only called with no transaction on its way: what is in the database then is durable. */
  private renew(): void {
    this.files.root.resetReadTxn();
    const snapshot = this.files.root.useReadTransaction();
    this.snapshot.done();
    this.snapshot = snapshot;
    this.revision = readRevision(this.files);
    this.current = true;
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

async function inspect(database: string, accept: NonNullable<LmdbStoreOptions['accept']>): Promise<void> {
  const moment = await LmdbMoment.ofDatabase(database);
  try {
    await accept(moment);
  } finally {
    await moment.close();
  }
}

/** Bytes that can still be written: what is free on the disk and in the file. */
function roomOf({ bytes, bytesInUse, bytesAvailable }: StoreSize): number {
  return bytesAvailable + bytes - bytesInUse;
}

function closed(): StoreError {
  return new StoreError('CLOSED', 'the store is closed');
}

function sizeOf({ writes }: Commit): number {
  return writes.reduce((sum, write) => sum + (write.type === 'put' ? write.value.length : 0) + 200, 0);
}
