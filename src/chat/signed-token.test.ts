import { expect, it } from 'vitest';
import fc from 'fast-check';
import { makeToken, readToken } from './signed-token.js';

it('reads what it made, for the same purpose only', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), fc.integer())), (values) => {
      const token = makeToken('page', values);
      expect(readToken('page', token)).toEqual(values);
      expect(readToken('resume', token)).toBeUndefined();
    }),
  );
});

it('refuses every change of a character', () => {
  const token = makeToken('page', ['ann', 7]);
  for (let at = 0; at < token.length; at += 1) {
    for (const other of 'AQgwz09_-') {
      if (token[at] === other) continue;
      const changed = token.slice(0, at) + other + token.slice(at + 1);
      expect(readToken('page', changed)).toBeUndefined();
    }
  }
  for (const other of ['', 'x', `${token}A`, `${token}=`, token.slice(1), 'ü', 'A'.repeat(10_000)]) {
    expect(readToken('page', other)).toBeUndefined();
  }
});
