import { chmod } from 'node:fs/promises';
import type { Transaction } from 'lmdb';
import { FolderError } from '../folder/folder-error.js';
import { FolderLock } from '../folder/folder-lock.js';
import type { Moment } from '../kv/moment.js';
import type { KeyRange, ReadRequest, Revision, Snapshot } from '../kv/store.js';
import { validateRange, validateRead } from '../kv/validate.js';
import { DataFolder } from './data-folder.js';
import { answerFrom, bounds } from './lmdb-answer.js';
import { orDamaged, toStoreError } from './lmdb-errors.js';
import { openToRead, readRevision } from './lmdb-files.js';
import type { Databases } from './lmdb-files.js';

/** What the lock on a database is called that keeps it from being replaced by a new file while it is read. */
export const readingLock = 'reading';

/**
 * A store as it was at one moment, read beside the process that has it open, or while none has. One to a folder at a
 * time: a database that is being read is not written anew.
 */
export class LmdbMoment implements Moment {
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly files: Databases,
    private readonly snapshot: Transaction,
    private readonly revision: Revision,
    private readonly lock: FolderLock | undefined,
  ) {}

  /** Throws FolderError; nothing in the folder is changed. */
  static async open(folder: string): Promise<LmdbMoment> {
    const database = await DataFolder.find(folder);
    const lock = await FolderLock.acquire(folder, readingLock).catch((cause: unknown) => {
      if (!(cause instanceof FolderError) || cause.code !== 'IN_USE') throw cause;
      const message = `data folder ${folder} is being read by another backup, or its server is just starting: try again`;
      throw new FolderError('IN_USE', message, { cause });
    });
    try {
      return await LmdbMoment.ofDatabase(database, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** For who has the folder. `lock`: released at the end. Throws FolderError DAMAGED. */
  static async ofDatabase(database: string, lock?: FolderLock): Promise<LmdbMoment> {
    const files = await orDamaged(database, () => openToRead(database));
    await chmod(`${database}-lock`, 0o600);
    const snapshot = files.root.useReadTransaction();
    return new LmdbMoment(files, snapshot, readRevision(files, snapshot), lock);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- LMDB reads at once, the port promises
  async read(requests: readonly ReadRequest[]): Promise<Snapshot> {
    validateRead(requests);
    const { data } = this.files;
    try {
      const results = requests.map((request) => answerFrom(data, request, this.snapshot));
      return { revision: this.revision, results };
    } catch (cause) {
      throw toStoreError(cause, 'UNAVAILABLE');
    }
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as above
  async count(range: KeyRange): Promise<number> {
    validateRange(range);
    return this.files.data.getKeysCount({ ...bounds(range), transaction: this.snapshot });
  }

  async close(): Promise<void> {
    this.closing ??= this.release();
    await this.closing;
  }

  private async release(): Promise<void> {
    this.snapshot.done();
    await this.files.root.close();
    await this.lock?.release();
  }
}
