import fc from 'fast-check';
import { expect, it } from 'vitest';
import { limits } from '../limits.js';
import type { Check, Store, Write } from '../store.js';
import { anyWrite, apply, bytes, keyNames, list, put, range, remove, text, write } from './fixture.js';
import type { Model } from './fixture.js';

/** Reads, checks, writes and limits. `store` returns a store that is open and used by nobody else. */
export function dataContract(store: () => Store): void {
  it('reads ranges within bounds, limit and direction', async () => {
    await write(store(), put('a1', '1'), put('a2', '2'), put('a3', '3'), put('b', 'x'));
    const { results } = await store().read([
      range('a', 'a3'),
      { ...range('a', 'b'), limit: 2 },
      { ...range('a', 'b'), limit: 2, reverse: true },
      { ...range('a1', 'a3'), reverse: true },
      { key: bytes('b') },
      { key: bytes('nothing') },
      range('b', 'a'),
    ]);
    expect(results.map((entries) => entries.map(({ key }) => text(key)))).toEqual([
      ['a1', 'a2'],
      ['a1', 'a2'],
      ['a3', 'a2'],
      ['a2', 'a1'],
      ['b'],
      [],
      [],
    ]);
    expect(await store().count(range('a', 'b'))).toBe(3);
    expect(await store().count(range('b', 'a'))).toBe(0);
  });

  it('gives every commit a higher revision, and entries that of the commit that wrote them', async () => {
    const first = await write(store(), put('a', '1'), put('b', '1'));
    const second = await write(store(), put('b', '2'));
    expect(second).toBeGreaterThan(first);
    const snapshot = await store().read([range('a', 'z')]);
    expect(snapshot.results[0]?.map(({ revision }) => revision)).toEqual([first, second]);
    expect(snapshot.revision).toBe(second);
  });

  it('keeps any bytes', async () => {
    const every = Uint8Array.from({ length: 256 }, (_, i) => i);
    await store().commit({
      checks: [],
      writes: [
        { type: 'put', key: every, value: every },
        { type: 'put', key: Uint8Array.of(0), value: new Uint8Array() },
      ],
    });
    const { results } = await store().read([{ key: every }, { key: Uint8Array.of(0) }]);
    expect(Buffer.from(results[0]?.[0]?.value ?? []).equals(Buffer.from(every))).toBe(true);
    expect(results[1]?.[0]?.value.length).toBe(0);
  });

  it('applies a commit only when every check holds', async () => {
    const revision = await write(store(), put('a', '1'));
    const attempt = (...checks: Check[]) => store().commit({ checks, writes: [put('b', 'written')] });
    expect(await attempt({ key: bytes('a'), revision: null })).toEqual({ ok: false });
    expect(await attempt({ key: bytes('a'), revision: revision + 1 })).toEqual({ ok: false });
    expect(await attempt({ key: bytes('none'), revision })).toEqual({ ok: false });
    expect(await attempt({ key: bytes('none'), revision: 0 })).toEqual({ ok: false });
    expect(await attempt({ key: bytes('a'), revision }, { key: bytes('a'), revision: revision - 1 })).toEqual(
      { ok: false },
    );
    expect(await list(store(), 'a', 'z')).toEqual({ a: '1' });
    expect((await attempt({ key: bytes('a'), revision }, { key: bytes('none'), revision: null })).ok).toBe(
      true,
    );
    expect(await list(store(), 'a', 'z')).toEqual({ a: '1', b: 'written' });
  });

  it('applies the writes of a commit in order', async () => {
    await write(store(), put('a', '1'), put('b', '1'), put('c', '1'));
    await write(
      store(),
      put('a', '2'),
      { type: 'deleteRange', ...range('a', 'c') },
      put('b', '3'),
      remove('c'),
      remove('none'),
    );
    expect(await list(store(), 'a', 'z')).toEqual({ b: '3' });
  });

  it('applies ranges that overlap each other and puts of one commit in order', async () => {
    await write(store(), ...['a', 'b', 'c', 'd', 'e'].map((key) => put(key, 'old')));
    await write(
      store(),
      { type: 'deleteRange', ...range('a', 'd') },
      put('b', 'new'),
      put('c', 'short'),
      { type: 'deleteRange', ...range('c', 'e') },
      remove('e'),
      put('e', 'new'),
      put('e', 'newer'),
      { type: 'deleteRange', ...range('e', 'a') },
    );
    expect(await list(store(), 'a', 'z')).toEqual({ b: 'new', e: 'newer' });
    const most = Array.from({ length: limits.commitOperations / 4 }, (_, i): Write[] => [
      put(`b${i}`, ''),
      { type: 'deleteRange', ...range(`a${i}`, `b${i}`) },
      put(`b${i}`, String(i)),
      { type: 'deleteRange', ...range(`c${i}`, `d${i}`) },
    ]);
    await write(store(), ...most.flat());
    expect(Object.keys(await list(store(), 'a', 'z'))).toContain('b127');
  });

  it('reads all of a commit or nothing of it', async () => {
    let writing = true;
    const stillWriting = () => writing;
    const writer = (async () => {
      for (let i = 0; i < 200; i += 1) await write(store(), put('left', String(i)), put('right', String(i)));
      writing = false;
    })();
    while (stillWriting()) {
      const { results } = await store().read([{ key: bytes('left') }, { key: bytes('right') }]);
      const [left, right] = results.map((entries) => entries[0] && text(entries[0].value));
      expect(left).toBe(right);
      await new Promise(setImmediate);
    }
    await writer;
  });

  it('takes what is at a limit and refuses what is over it', async () => {
    const refused = { code: 'INVALID' };
    const key = new Uint8Array(limits.keyBytes).fill(7);
    const value = new Uint8Array(limits.valueBytes);
    const commit = (writes: Write[], checks: Check[] = []) => store().commit({ checks, writes });
    expect((await commit([{ type: 'put', key, value }])).ok).toBe(true);
    const tooLong = new Uint8Array(limits.keyBytes + 1).fill(7);
    await expect(commit([{ type: 'put', key: tooLong, value }])).rejects.toMatchObject(refused);
    await expect(commit([{ type: 'put', key: new Uint8Array(), value }])).rejects.toMatchObject(refused);
    const tooBig = new Uint8Array(limits.valueBytes + 1);
    await expect(commit([{ type: 'put', key, value: tooBig }])).rejects.toMatchObject(refused);
    await expect(commit([])).rejects.toMatchObject(refused);
    const many = (count: number) => Array.from({ length: count }, (_, i) => put(`k${i}`, ''));
    expect((await commit(many(limits.commitOperations))).ok).toBe(true);
    await expect(commit(many(limits.commitOperations + 1))).rejects.toMatchObject(refused);
    await expect(commit(many(limits.commitOperations), [{ key, revision: null }])).rejects.toMatchObject(
      refused,
    );
    const heavy = Array.from({ length: 16 }, (_, i): Write => ({ type: 'put', key: bytes(`h${i}`), value }));
    await expect(commit(heavy)).rejects.toMatchObject(refused);
    expect((await commit(heavy.slice(1))).ok).toBe(true);
    await expect(store().read([{ ...range('a', 'b'), limit: 0 }])).rejects.toMatchObject(refused);
    const over = { ...range('a', 'b'), limit: limits.readEntries + 1 };
    await expect(store().read([over])).rejects.toMatchObject(refused);
    const keys = Array.from({ length: limits.readRequests + 1 }, (_, i) => ({ key: bytes(`k${i}`) }));
    await expect(store().read(keys)).rejects.toMatchObject(refused);
    expect((await store().read(keys.slice(1))).results).toHaveLength(limits.readRequests);
  });

  it('answers like a sorted map, whatever the commits', async () => {
    const name = fc.constantFrom(...keyNames);
    const anyCommit = fc.record({
      present: fc.option(name),
      absent: fc.option(name),
      writes: fc.array(anyWrite, { minLength: 1, maxLength: 4 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyCommit, { maxLength: 12 }), async (commits) => {
        await write(store(), { type: 'deleteRange', ...range('a', 'z') });
        const model: Model = new Map();
        for (const { present, absent, writes } of commits) {
          const checks: Check[] = [];
          if (present !== null)
            checks.push({ key: bytes(present), revision: model.get(present)?.revision ?? 1 });
          if (absent !== null) checks.push({ key: bytes(absent), revision: null });
          const expected =
            (present === null || model.has(present)) && (absent === null || !model.has(absent));
          const result = await store().commit({ checks, writes });
          expect(result.ok).toBe(expected);
          if (result.ok) apply(model, writes, result.revision);
        }
        const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
        const { results } = await store().read([range('a', 'z')]);
        expect(
          results[0]?.map((entry) => [
            text(entry.key),
            { value: text(entry.value), revision: entry.revision },
          ]),
        ).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });
}
