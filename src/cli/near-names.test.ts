import { describe, expect, it } from 'vitest';
import { editDistance } from './edit-distance.js';
import { nearest } from './near-names.js';

it.each([
  ['', '', 0],
  ['ben', 'ben', 0],
  ['ben', 'bne', 1],
  ['ben', 'be', 1],
  ['ben', 'bean', 1],
  ['ben', 'den', 1],
  ['', 'ben', 3],
  ['kitten', 'sitting', 3],
  ['abcd', 'badc', 2],
])('from %j to %j it is %i', (a, b, distance) => {
  expect([editDistance(a, b), editDistance(b, a)]).toEqual([distance, distance]);
});

describe('names that may be meant', () => {
  it('come with the closest first, at most three, each once, as they are written', () => {
    expect(nearest('alcie', ['Alice', 'alice2', 'Alice', 'bob', 'alicia'])).toEqual([
      'Alice',
      'alice2',
      'alicia',
    ]);
    expect(nearest('sara', ['sarah', 'sar', 'sura', 'zara'])).toEqual(['sar', 'sarah', 'sura']);
  });

  it('are close to a short name only by one letter', () => {
    expect(nearest('ben', ['bob', 'ann', 'benno'])).toEqual([]);
  });
});
