import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { MarkedFolder } from '../folder/marked-folder.js';
import type { FolderKind } from '../folder/marked-folder.js';
import { StoreError } from '../kv/store-error.js';

/** Bytes; with less than this free, a write that failed did so for want of room. */
const room = 1_024 * 1_024;

const kind: FolderKind<object> = {
  format: 'holdfast-lmdb',
  version: 1,
  content: z.object({}),
  noun: 'a Holdfast store',
};

/** The folder of a store. */
export class DataFolder {
  private constructor(private readonly folder: MarkedFolder<object>) {}

  /** Makes the folder when it is missing. Throws FolderError; then nothing has been changed. */
  static async open(path: string): Promise<DataFolder> {
    const folder = await MarkedFolder.open(path, kind);
    try {
      // A marker that is there stays, so that a full disk does not keep a server from starting.
      if (!folder.content) await folder.write({});
    } catch (error) {
      await folder.close();
      throw error;
    }
    return new DataFolder(folder);
  }

  get database(): string {
    return join(this.folder.path, 'data.mdb');
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
