import { FolderError } from '../folder/folder-error.js';
import { StoreError } from '../kv/store-error.js';
import type { StoreErrorCode } from '../kv/store-error.js';

// lmdb reports LMDB's and the system's error numbers as `code`.
const codes = new Map<unknown, StoreErrorCode>([
  [-30792, 'OUT_OF_SPACE'], // MDB_MAP_FULL
  [28, 'OUT_OF_SPACE'], // ENOSPC
  [122, 'OUT_OF_SPACE'], // EDQUOT
  [-30796, 'CORRUPT'], // MDB_CORRUPTED
  [-30797, 'CORRUPT'], // MDB_PAGE_NOTFOUND
  [-30795, 'CORRUPT'], // MDB_PANIC
  [-30793, 'CORRUPT'], // MDB_INVALID
]);

/** The port's error for one of LMDB's; `otherwise` for a code that is not known. */
export function toStoreError(cause: unknown, otherwise: StoreErrorCode): StoreError {
  if (cause instanceof StoreError) return cause;
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const code = codes.get((error as { code?: unknown }).code) ?? otherwise;
  return new StoreError(code, `the embedded store failed: ${error.message}`, { cause });
}

/**
 * The same for a commit. lmdb tells why in a promise that rejects, `commitError`; left alone it would be an
 * unhandled rejection and end the program.
 */
export async function toCommitError(cause: unknown, otherwise: StoreErrorCode): Promise<StoreError> {
  const { commitError } = cause as { readonly commitError?: unknown };
  try {
    await commitError;
    return toStoreError(cause, otherwise);
  } catch (inner) {
    return toStoreError(inner, otherwise);
  }
}

/** Opens a database. Throws FolderError, DAMAGED for whatever LMDB throws. */
export async function orDamaged<T>(database: string, open: () => T | Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (cause) {
    if (cause instanceof FolderError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FolderError('DAMAGED', `the database ${database} can not be opened: ${reason}`, { cause });
  }
}
