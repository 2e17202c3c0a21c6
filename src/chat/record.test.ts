import { expect, it } from 'vitest';
import { pack } from 'msgpackr';
import { defineRecord, kinds } from './record.js';

const pet = defineRecord<{ readonly name: string; readonly age: number | null }>('pet', 2, {
  name: kinds.text,
  age: kinds.maybe(kinds.number),
});

it('decodes what it encodes', () => {
  for (const record of [
    { name: 'Rex', age: 3 },
    { name: '', age: null },
  ]) {
    expect(pet.decode(pet.encode(record))).toEqual(record);
  }
});

it.each([
  ['nothing', new Uint8Array()],
  ['no list', pack('Rex')],
  ['a newer version', pack([3, 'Rex', 3])],
  ['no version', pack([0, 'Rex', 3])],
  ['a field too few', pack([2, 'Rex'])],
  ['a field too many', pack([2, 'Rex', 3, 4])],
  ['a wrong type', pack([2, 'Rex', '3'])],
  ['a cut end', pack([2, 'Rex', 3]).subarray(0, 4)],
])('refuses %s as damaged', (_, bytes) => {
  expect(() => pet.decode(bytes)).toThrow(expect.objectContaining({ code: 'CORRUPT' }));
});

const nextPet = defineRecord<{ readonly name: string; readonly age: number | null; readonly tame: boolean }>(
  'pet',
  3,
  { name: kinds.text, age: kinds.maybe(kinds.number), tame: kinds.flag },
  { tame: { since: 3, before: true } },
);

it('the next version reads what this one has written, and writes what this one reads', () => {
  const rex = { name: 'Rex', age: 3 };
  expect(nextPet.decode(pet.encode(rex))).toEqual({ ...rex, tame: true });
  expect(pet.decode(nextPet.encode({ ...rex, tame: false }, 2))).toEqual(rex);
  expect(nextPet.decode(nextPet.encode({ ...rex, tame: false }))).toEqual({ ...rex, tame: false });
  expect(() => pet.decode(nextPet.encode({ ...rex, tame: false }))).toThrow(
    expect.objectContaining({ code: 'CORRUPT' }),
  );
});
