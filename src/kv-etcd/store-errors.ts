import { EtcdError } from '../etcd/etcd-error.js';
import type { EtcdErrorCode } from '../etcd/etcd-error.js';
import { StoreError } from '../kv/store-error.js';
import type { StoreErrorCode } from '../kv/store-error.js';

// All others that prove that nothing was done mean that this member can't serve now.
const codes: Partial<Record<EtcdErrorCode, StoreErrorCode>> = {
  INVALID: 'INVALID',
  COMPACTED: 'COMPACTED',
  CORRUPT: 'CORRUPT',
};

/** The port's error for why a commit did not end well; `reason`: why it was given up, if it was. */
export function commitError(cause: unknown, reason?: string): StoreError {
  if (reason !== undefined) {
    return new StoreError('UNKNOWN_OUTCOME', `the replicated store: a commit was given up: ${reason}`, {
      cause,
    });
  }
  const error = toEtcdError(cause);
  // etcd applies the transaction that reaches the quota, and reports it with the same words as one it refuses.
  const code = error.nothingDone ? (codes[error.code] ?? 'UNAVAILABLE') : 'UNKNOWN_OUTCOME';
  return new StoreError(code, `the replicated store: ${error.message}`, { cause });
}

/** The port's error for why a read or a feed failed. */
export function readError(cause: unknown): StoreError {
  const error = toEtcdError(cause);
  return new StoreError(codes[error.code] ?? 'UNAVAILABLE', `the replicated store: ${error.message}`, {
    cause,
  });
}

function toEtcdError(cause: unknown): EtcdError {
  if (cause instanceof EtcdError) return cause;
  return new EtcdError('OUTCOME_UNKNOWN', cause instanceof Error ? cause.message : String(cause), { cause });
}
