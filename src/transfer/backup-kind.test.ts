import { expect, it } from 'vitest';
import { keys } from '../chat/keys.js';
import type { Key, KeyRange } from '../kv/store.js';
import { backupParts, kindOf } from './backup-kind.js';

/** What a store notes of itself: the one that is restored has its own. Whatever else is stored is in a backup. */
const ofTheStore = ['incarnation', 'schema', 'retained', 'importMarker'];

/** One key of every kind that there is, by the name of what makes it. */
const stored = Object.entries(keys).flatMap(([name, make]): [string, Key][] => {
  const made = (make as (...parts: string[]) => Key | KeyRange)(
    ...Array.from({ length: make.length }, () => 'part'),
  );
  return made instanceof Uint8Array ? [[name, made]] : [];
});

const isIn = (key: Key, { start, end }: KeyRange) =>
  Buffer.compare(start, key) <= 0 && Buffer.compare(key, end) < 0;

it('every kind of key is known, as one of its own, and is in one part that is read', () => {
  const backedUp = stored.filter(([name]) => !ofTheStore.includes(name));
  const kinds = backedUp.map(([name, key]) => ({ name, key, kind: kindOf(key) }));
  expect(kinds.filter(({ kind }) => !kind).map(({ name }) => name)).toEqual([]);
  expect(new Set(kinds.map(({ kind }) => kind?.name)).size).toBe(backedUp.length);
  for (const { name, key, kind } of kinds) {
    const parts = backupParts.filter(({ part, range }) => part === kind?.part && isIn(key, range));
    expect([name, parts.length]).toEqual([name, 1]);
  }
});

it('what a store notes of itself is in no part', () => {
  const own = stored.filter(([name]) => ofTheStore.includes(name));
  expect(own.map(([name]) => name)).toEqual(ofTheStore);
  for (const [name, key] of own) {
    const parts = backupParts.filter(({ range }) => isIn(key, range));
    expect([name, kindOf(key), parts]).toEqual([name, undefined, []]);
  }
});
