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
  const error = innermost(cause);
  const code = codes.get((error as { code?: unknown }).code) ?? otherwise;
  return new StoreError(code, `the embedded store failed: ${error.message}`, { cause });
}

function innermost(cause: unknown): Error {
  const inner = (cause as { commitError?: unknown }).commitError;
  if (inner instanceof Error) return inner;
  return cause instanceof Error ? cause : new Error(String(cause));
}
