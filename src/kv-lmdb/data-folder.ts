import { chmod, mkdir, open, readFile, readdir, rename, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { StoreError } from '../kv/store-error.js';
import { FolderError } from './folder-error.js';
import { FolderLock } from './folder-lock.js';

const markerName = 'holdfast.json';
const format = 'holdfast-lmdb';
const version = 1;
/** Bytes; with less than this free, a write that failed did so for want of room. */
const room = 1_024 * 1_024;
const marker = z.object({ format: z.literal(format), version: z.number().int().positive() });

/** A folder that this process alone uses, with a marker that says what is in it. */
export class DataFolder {
  private constructor(
    readonly path: string,
    private readonly lock: FolderLock,
  ) {}

  /** Makes the folder when it is missing. Throws FolderError; then nothing has been changed. */
  static async open(path: string): Promise<DataFolder> {
    await mkdir(path, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
      throw unwritable(path, cause);
    });
    const marked = await check(path);
    const lock = await FolderLock.acquire(path);
    try {
      // Also on a disk that is full.
      if (!marked) await writeMarker(path);
    } catch (cause) {
      await lock.release();
      throw unwritable(path, cause);
    }
    return new DataFolder(path, lock);
  }

  get database(): string {
    return join(this.path, 'data.mdb');
  }

  /** LMDB tells a full disk as an input/output error: this tells the two apart, when nothing was written. */
  async explain(error: StoreError): Promise<StoreError> {
    const { bavail, bsize } = await statfs(this.path);
    if (error.code !== 'UNKNOWN_OUTCOME' || bavail * bsize >= room) return error;
    return new StoreError('OUT_OF_SPACE', `no space is left in ${this.path}`, { cause: error });
  }

  async close(): Promise<void> {
    await this.lock.release();
  }
}

function unwritable(path: string, cause: unknown): FolderError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FolderError('UNWRITABLE', `data folder ${path} can not be written: ${reason}`, { cause });
}

/** Whether the folder has its marker. */
async function check(path: string): Promise<boolean> {
  const names = await readdir(path).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
  if (names.length === 0) return false;
  // Left by a first start that was cut off before it had written anything else.
  if (names.every((name) => name === `${markerName}.new`)) return false;
  const foreign = (cause?: unknown) =>
    new FolderError(
      'FOREIGN',
      `data folder ${path} holds something else than a Holdfast store: choose another one`,
      { cause },
    );
  if (!names.includes(markerName)) throw foreign();
  let found;
  try {
    found = marker.parse(JSON.parse(await readFile(join(path, markerName), 'utf8')));
  } catch (cause) {
    throw foreign(cause);
  }
  if (found.version > version) {
    throw new FolderError('VERSION', `data folder ${path} was made by a newer Holdfast: use that one`);
  }
  return found.version === version;
}

async function writeMarker(path: string): Promise<void> {
  await chmod(path, 0o700);
  const temporary = join(path, `${markerName}.new`);
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(`${JSON.stringify({ format, version })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, join(path, markerName));
}
