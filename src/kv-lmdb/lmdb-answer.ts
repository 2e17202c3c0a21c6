import type { Database, Transaction } from 'lmdb';
import { limits } from '../kv/limits.js';
import type { Entry, ReadRange, ReadRequest } from '../kv/store.js';
import { revisionOf, toBuffer } from './batch.js';

/** What the transaction sees of what is asked for. */
export function answerFrom(
  data: Database<Buffer, Buffer>,
  request: ReadRequest,
  transaction: Transaction,
): Entry[] {
  if ('key' in request) {
    const stored = data.get(toBuffer(request.key), { transaction });
    return stored ? [toEntry(request.key, stored)] : [];
  }
  const { start, end } = bounds(request);
  if (Buffer.compare(start, end) >= 0) return [];
  const limit = request.limit ?? limits.readEntries;
  const range = request.reverse
    ? { start: end, end: start, reverse: true, exclusiveStart: true, inclusiveEnd: true }
    : { start, end };
  const found = data.getRange({ ...range, limit, transaction });
  return Array.from(found, ({ key, value }) => toEntry(key, value));
}

export function bounds(range: ReadRange): { readonly start: Buffer; readonly end: Buffer } {
  return { start: toBuffer(range.start), end: toBuffer(range.end) };
}

function toEntry(key: Uint8Array, stored: Buffer): Entry {
  return { key, value: Buffer.from(stored.subarray(8)), revision: revisionOf(stored) };
}
