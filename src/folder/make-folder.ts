import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those around it that are missing, for their owner alone. Returns the outermost one that was made; undefined:
 * it was there. Not with mkdir's `recursive`: Node.js never comes back from it where a folder takes none inside, as /proc does.
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  const isNew = await makeOne(path).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT' && dirname(path) !== path) return undefined;
    throw cause;
  });
  if (isNew !== undefined) return isNew ? path : undefined;
  const outermost = await makeFolder(dirname(path));
  await makeOne(path);
  return outermost ?? path;
}

/** False: it was there. */
async function makeOne(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (cause) {
    const isThere = (cause as NodeJS.ErrnoException).code === 'EEXIST' && (await stat(path)).isDirectory();
    if (isThere) return false;
    throw cause;
  }
}
