import { join } from 'node:path';
import { z } from 'zod';
import { MarkedFolder } from '../folder/marked-folder.js';
import type { FolderKind } from '../folder/marked-folder.js';

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
      await folder.write({});
    } catch (error) {
      await folder.close();
      throw error;
    }
    return new DataFolder(folder);
  }

  get database(): string {
    return join(this.folder.path, 'data.mdb');
  }

  async close(): Promise<void> {
    await this.folder.close();
  }
}
