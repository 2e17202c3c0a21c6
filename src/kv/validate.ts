import { limits } from './limits.js';
import type { Commit, Key, KeyRange, ReadRequest } from './store.js';
import { StoreError } from './store-error.js';

function invalid(message: string): StoreError {
  return new StoreError('INVALID', message);
}

function validateKey(key: Key): number {
  if (key.length === 0) throw invalid('a key is at least 1 byte');
  if (key.length > limits.keyBytes) throw invalid(`a key is at most ${limits.keyBytes} bytes`);
  return key.length;
}

/** Throws `INVALID` unless both bounds are keys. An empty range is valid. */
export function validateRange(range: KeyRange): number {
  return validateKey(range.start) + validateKey(range.end);
}

/** Throws `INVALID` when a read is over a limit or malformed. */
export function validateRead(requests: readonly ReadRequest[]): void {
  if (requests.length > limits.readRequests)
    throw invalid(`a read has at most ${limits.readRequests} requests`);
  for (const request of requests) {
    if ('key' in request) {
      validateKey(request.key);
      continue;
    }
    validateRange(request);
    const limit = request.limit ?? limits.readEntries;
    if (!Number.isInteger(limit) || limit < 1 || limit > limits.readEntries) {
      throw invalid(`a read's limit is a whole number from 1 to ${limits.readEntries}`);
    }
  }
}

/** Throws `INVALID` when a commit is over a limit or malformed. */
export function validateCommit({ checks, writes }: Commit): void {
  const operations = checks.length + writes.length;
  if (operations > limits.commitOperations) {
    throw invalid(`a commit has at most ${limits.commitOperations} checks and writes`);
  }
  if (writes.length === 0) throw invalid('a commit has at least 1 write');
  let bytes = 0;
  for (const check of checks) bytes += validateKey(check.key);
  for (const write of writes) {
    if (write.type === 'deleteRange') {
      bytes += validateRange(write);
      continue;
    }
    bytes += validateKey(write.key);
    if (write.type === 'put') {
      if (write.value.length > limits.valueBytes)
        throw invalid(`a value is at most ${limits.valueBytes} bytes`);
      bytes += write.value.length;
    }
  }
  if (bytes > limits.commitBytes) throw invalid(`a commit has at most ${limits.commitBytes} bytes`);
}
