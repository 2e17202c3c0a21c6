import { readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { FolderError } from '../folder/folder-error.js';
import { MarkedFolder } from '../folder/marked-folder.js';
import type { FolderKind } from '../folder/marked-folder.js';
import { OwnerSocket } from '../folder/owner-socket.js';
import { StoreError } from '../kv/store-error.js';
import { findDamage } from './file-check.js';

/** Bytes; with less than this free, a write that failed did so for want of room. */
const room = 1_024 * 1_024;

/** `data`: the database has been made; false during a first start, absent in folders of before this was noted. */
type Content = { readonly data?: boolean | undefined };

const kind: FolderKind<Content> = {
  format: 'holdfast-lmdb',
  version: 1,
  content: z.object({ data: z.boolean().optional() }),
  noun: 'a Holdfast store',
};

/** The folder of a store. */
export class DataFolder {
  private constructor(private readonly folder: MarkedFolder<Content>) {}

  /**
   * Makes the folder when it is missing, if `create`; `made` is to be called once the database is there. Throws
   * FolderError; then nothing has been changed.
   */
  static async open(path: string, create: boolean): Promise<DataFolder> {
    if (!create && (await isEmpty(path))) throw new FolderError('MISSING', `there is no data in ${path}`);
    const folder = new DataFolder(await MarkedFolder.open(path, kind));
    try {
      await folder.prepare();
    } catch (error) {
      await folder.close();
      throw error;
    }
    return folder;
  }

  /** The database in a folder, for a process that only reads. Throws FolderError. */
  static async find(path: string): Promise<string> {
    const content = (await isEmpty(path)) ? undefined : await MarkedFolder.look(path, kind);
    if (content?.data === false || !content) throw new FolderError('MISSING', `there is no data in ${path}`);
    const database = databaseIn(path);
    await requireWhole(database);
    return database;
  }

  private async prepare(): Promise<void> {
    const { folder, database } = this;
    if (!folder.content) await folder.write({ data: false });
    // What a first start that was cut off has left holds nothing yet.
    if (folder.content?.data === false) await rm(database, { force: true });
    const isThere = await stat(database).then(
      () => true,
      () => false,
    );
    if (isThere || folder.content?.data) await requireWhole(database);
  }

  /** Notes that the database is there, durably, with its name in the folder. */
  async made(): Promise<void> {
    if (this.folder.content?.data) return;
    const isNew = this.folder.content?.data === false;
    try {
      await this.folder.write({ data: true });
    } catch (error) {
      // A full disk does not keep a server from starting on what is there.
      if (isNew) throw error;
    }
  }

  get database(): string {
    return databaseIn(this.folder.path);
  }

  async size(): Promise<{ readonly bytes: number; readonly bytesAvailable: number }> {
    const [{ size: bytes }, disk] = await Promise.all([stat(this.database), statfs(this.folder.path)]);
    return { bytes, bytesAvailable: disk.bavail * disk.bsize };
  }

  /** LMDB tells a full disk as an input/output error: this tells the two apart, when nothing was written. */
  async explain(error: StoreError): Promise<StoreError> {
    const { path } = this.folder;
    const { bavail, bsize } = await statfs(path);
    if (error.code !== 'UNKNOWN_OUTCOME' || bavail * bsize >= room) return error;
    return new StoreError('OUT_OF_SPACE', `no space is left in ${path}`, { cause: error });
  }

  async close(): Promise<void> {
    await this.folder.close();
  }
}

function databaseIn(folder: string): string {
  return join(folder, 'data.mdb');
}

/** Throws DAMAGED. */
async function requireWhole(database: string): Promise<void> {
  const found = await stat(database).catch(() => undefined);
  const damage = found ? await findDamage(database) : 'it is missing';
  if (damage === undefined) return;
  const message = `the database ${database} is damaged: ${damage}; put back a copy, or choose another folder`;
  throw new FolderError('DAMAGED', message);
}

/** Whether nothing is in a folder, not counting its lock, or it is not there. What else is wrong with it shows when it is opened. */
async function isEmpty(path: string): Promise<boolean> {
  try {
    return await OwnerSocket.leftAll(path, await readdir(path));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
