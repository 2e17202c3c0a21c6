import { chmod, open, readFile, readdir, rename } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { FolderError } from './folder-error.js';
import { FolderLock } from './folder-lock.js';
import { makeFolder } from './make-folder.js';
import { OwnerSocket } from './owner-socket.js';
import { syncFolder } from './sync-folder.js';

const markerName = 'holdfast.json';
const temporaryName = `${markerName}.new`;

/** What a folder may hold. */
export type FolderKind<Content extends object> = {
  /** Named in the marker. */
  readonly format: string;
  /** The newest version that this program reads. */
  readonly version: number;
  /** What the marker says beside format and version. */
  readonly content: z.ZodType<Content>;
  /** For sentences, such as 'a Holdfast store'. */
  readonly noun: string;
};

const header = z.object({ format: z.string(), version: z.number().int().positive() });

/** A folder that this process alone uses, with a marker that says what is in it. */
export class MarkedFolder<Content extends object> {
  private constructor(
    readonly path: string,
    private readonly kind: FolderKind<Content>,
    private readonly locks: readonly { release(): Promise<void> }[],
    private current: Content | undefined,
  ) {}

  /**
   * Makes the folder when it is missing; a new one has no marker until `write`. Throws FolderError; then
   * nothing has been changed, but that one of ours may have a lock.
   */
  static async open<Content extends object>(
    path: string,
    kind: FolderKind<Content>,
  ): Promise<MarkedFolder<Content>> {
    await provide(path).catch((cause: unknown) => {
      throw unwritable(path, cause);
    });
    // Of those who share this one's network namespace, and changes nothing.
    const locks: { release(): Promise<void> }[] = [await FolderLock.acquire(path)];
    try {
      await readMarker(path, kind);
      const owner = await OwnerSocket.acquire(path);
      if (owner) locks.push(owner);
      // Again: until then, somebody else may have written it.
      return new MarkedFolder(path, kind, locks, await readMarker(path, kind));
    } catch (error) {
      await releaseAll(locks);
      throw error;
    }
  }

  /** What the marker says, without taking the folder; undefined: it is new. Throws FolderError. */
  static async look<Content extends object>(
    path: string,
    kind: FolderKind<Content>,
  ): Promise<Content | undefined> {
    return readMarker(path, kind);
  }

  /** What the marker says; undefined in a new folder. */
  get content(): Content | undefined {
    return this.current;
  }

  /**
   * Replaces the marker, durably, as are the names of all that is in the folder by then; it is the old one or the new
   * one at any time. Throws FolderError UNWRITABLE.
   */
  async write(content: Content): Promise<void> {
    const { format, version } = this.kind;
    try {
      await chmod(this.path, 0o700);
      const temporary = join(this.path, temporaryName);
      const file = await open(temporary, 'w', 0o600);
      try {
        await file.writeFile(`${JSON.stringify({ format, version, ...content })}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, join(this.path, markerName));
      await syncFolder(this.path);
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
    this.current = content;
  }

  async close(): Promise<void> {
    await releaseAll(this.locks);
  }
}

async function releaseAll(locks: readonly { release(): Promise<void> }[]): Promise<void> {
  await Promise.all(locks.map((lock) => lock.release()));
}

/** Durably: a folder's name is on the disk only when the one around it is. */
async function provide(path: string): Promise<void> {
  const made = await makeFolder(resolve(path));
  if (made === undefined) return;
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    await syncFolder(dirname(folder));
    if (folder === resolve(made)) return;
  }
}

function unwritable(path: string, cause: unknown): FolderError {
  const { code } = cause as NodeJS.ErrnoException;
  const isFile = code === 'EEXIST' || code === 'ENOTDIR';
  const reason = isFile ? 'it is a file, or in one' : cause instanceof Error ? cause.message : String(cause);
  return new FolderError('UNWRITABLE', `data folder ${path} can not be written: ${reason}`, { cause });
}

async function readMarker<Content extends object>(
  path: string,
  kind: FolderKind<Content>,
): Promise<Content | undefined> {
  const names = await readdir(path).catch((cause: unknown) => {
    throw unwritable(path, cause);
  });
  // What a first start has left that was cut off before it had written anything else counts as nothing.
  const others = names.filter((name) => name !== temporaryName);
  if (await OwnerSocket.leftAll(path, others)) return undefined;
  const foreign = (cause?: unknown) =>
    new FolderError(
      'FOREIGN',
      `data folder ${path} holds something else than ${kind.noun}: choose another one`,
      { cause },
    );
  if (!names.includes(markerName)) throw foreign();
  try {
    const marker: unknown = JSON.parse(await readFile(join(path, markerName), 'utf8'));
    const { format, version } = header.parse(marker);
    if (format !== kind.format) throw foreign();
    if (version > kind.version) {
      throw new FolderError('VERSION', `data folder ${path} was made by a newer Holdfast: use that one`);
    }
    return kind.content.parse(marker);
  } catch (cause) {
    throw cause instanceof FolderError ? cause : foreign(cause);
  }
}
