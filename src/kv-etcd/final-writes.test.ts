import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyWrite, apply, keyNames, put, range, remove, text } from '../kv/contract/fixture.js';
import type { Model } from '../kv/contract/fixture.js';
import type { Write } from '../kv/store.js';
import { finalWrites, isWithin, nameOf } from './final-writes.js';

const full = () => new Map(keyNames.map((name) => [name, { value: 'old', revision: 1 }])) as Model;

/** As etcd does them: all at once, in any order. */
function asWrites(writes: readonly Write[]): Write[] {
  const { puts, deletes, deleteRanges } = finalWrites(writes);
  return [
    ...puts.map(({ key, value }): Write => ({ type: 'put', key, value })),
    ...deleteRanges.map((one): Write => ({ type: 'deleteRange', ...one })),
    ...deletes.map((key): Write => ({ type: 'delete', key })),
  ];
}

describe('final writes', () => {
  it('have the effect of the writes in their order, in any order', () => {
    fc.assert(
      fc.property(fc.array(anyWrite, { maxLength: 12 }), fc.boolean(), (writes, backwards) => {
        const expected = full();
        apply(expected, writes, 2);
        const actual = full();
        const final = asWrites(writes);
        apply(actual, backwards ? final.reverse() : final, 2);
        expect(Object.fromEntries(actual)).toEqual(Object.fromEntries(expected));
      }),
    );
  });

  it('touch no key twice, and are not more than two for each write', () => {
    fc.assert(
      fc.property(fc.array(anyWrite, { maxLength: 12 }), (writes) => {
        const { puts, deletes, deleteRanges } = finalWrites(writes);
        const keys = [...puts.map(({ key }) => key), ...deletes];
        expect(new Set(keys.map(nameOf)).size).toBe(keys.length);
        for (const key of keys) expect(deleteRanges.some((one) => isWithin(key, one))).toBe(false);
        for (const [i, one] of deleteRanges.entries()) {
          expect(Buffer.compare(one.start, one.end)).toBeLessThan(0);
          const next = deleteRanges[i + 1];
          if (next) expect(Buffer.compare(one.end, next.start)).toBeLessThanOrEqual(0);
        }
        expect(keys.length + deleteRanges.length).toBeLessThanOrEqual(2 * writes.length);
      }),
    );
  });

  it('leave out of a range what is put after it, and nothing else', () => {
    const { puts, deletes, deleteRanges } = finalWrites([
      put('b', 'before'),
      { type: 'deleteRange', ...range('a', 'd') },
      put('b', 'after'),
      remove('x'),
    ]);
    expect(puts.map(({ key, value }) => [text(key), text(value)])).toEqual([['b', 'after']]);
    expect(deletes.map(text)).toEqual(['x']);
    expect(deleteRanges.map(({ start, end }) => [text(start), text(end)])).toEqual([
      ['a', 'b'],
      ['b\0', 'd'],
    ]);
  });
});
