import { randomUUID } from 'node:crypto';
import { chmod, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from '../folder/make-folder.js';
import { syncFolder } from '../folder/sync-folder.js';
import { StateError } from './state-error.js';

/** Undefined when there is none. Throws StateError. */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new StateError(`${path} can not be read: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Puts a text into a file that only its owner can read, in a folder that only its owner can enter. Whole or
 * not at all, whatever fails meanwhile; resolves once it is on the disk (without `sync`, the operating
 * system decides when it is). Throws StateError.
 */
export async function writePrivateFile(
  path: string,
  text: string,
  { sync = true }: { readonly sync?: boolean } = {},
): Promise<void> {
  const folder = dirname(path);
  const temporary = `${path}.${randomUUID()}.new`;
  try {
    await makeFolder(folder);
    await chmod(folder, 0o700);
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(text);
      if (sync) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    if (sync) await syncFolder(folder);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new StateError(`${path} can not be written: ${reasonOf(cause)}`, { cause });
  }
}

/** For good, once it resolves; also when there is none. Throws StateError. */
export async function removePrivateFile(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
    await syncFolder(dirname(path));
  } catch (cause) {
    if (isMissing(cause)) return;
    throw new StateError(`${path} can not be removed: ${reasonOf(cause)}`, { cause });
  }
}

/** What a folder holds; nothing when there is none. Throws StateError. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw new StateError(`${folder} can not be read: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
