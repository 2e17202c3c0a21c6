import type { Key, KeyRange, Write } from '../kv/store.js';

/** What a commit's writes come to: no key is in two of these. */
export type FinalWrites = {
  readonly puts: readonly { readonly key: Key; readonly value: Uint8Array }[];
  readonly deletes: readonly Key[];
  readonly deleteRanges: readonly KeyRange[];
};

/**
 * The effect of writes applied in order, as etcd wants it in a transaction: it refuses a key that is put twice,
 * and a put within a deleted range. The last put of a key counts; a deleted range leaves out the keys put after it.
 */
export function finalWrites(writes: readonly Write[]): FinalWrites {
  const puts = new Map<string, { readonly key: Key; readonly value: Uint8Array }>();
  const deletes = new Map<string, Key>();
  const ranges: KeyRange[] = [];
  for (const write of writes) {
    if (write.type === 'deleteRange') {
      if (Buffer.compare(write.start, write.end) >= 0) continue;
      ranges.push(write);
      for (const [name, { key }] of puts) if (isWithin(key, write)) puts.delete(name);
      continue;
    }
    const name = nameOf(write.key);
    if (write.type === 'put') {
      puts.set(name, write);
      deletes.delete(name);
    } else {
      puts.delete(name);
      deletes.set(name, write.key);
    }
  }
  const deleteRanges = ranges.length === 0 ? [] : without(united(ranges), [...puts.values()]);
  return {
    puts: [...puts.values()],
    deletes: [...deletes.values()].filter((key) => !ranges.some((range) => isWithin(key, range))),
    deleteRanges,
  };
}

/** The same text for the same key, and for no other. */
export function nameOf(key: Key): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
}

export function isWithin(key: Key, { start, end }: KeyRange): boolean {
  return Buffer.compare(start, key) <= 0 && Buffer.compare(key, end) < 0;
}

function united(ranges: readonly KeyRange[]): KeyRange[] {
  const sorted = [...ranges].sort((a, b) => Buffer.compare(a.start, b.start));
  const result: KeyRange[] = [];
  for (const range of sorted) {
    const last = result.at(-1);
    if (!last || Buffer.compare(last.end, range.start) < 0) result.push(range);
    else if (Buffer.compare(last.end, range.end) < 0)
      result[result.length - 1] = { start: last.start, end: range.end };
  }
  return result;
}

/** The ranges, which don't overlap, without some keys. */
function without(ranges: readonly KeyRange[], holes: readonly { readonly key: Key }[]): KeyRange[] {
  const keys = holes.map(({ key }) => key).sort((a, b) => Buffer.compare(a, b));
  return ranges.flatMap((range) => {
    const pieces: KeyRange[] = [];
    let { start } = range;
    for (const key of keys) {
      if (!isWithin(key, range)) continue;
      if (Buffer.compare(start, key) < 0) pieces.push({ start, end: key });
      // The next key in order.
      start = Buffer.concat([key, Buffer.of(0)]);
    }
    if (Buffer.compare(start, range.end) < 0) pieces.push({ start, end: range.end });
    return pieces;
  });
}
