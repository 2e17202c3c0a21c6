import { expect, it } from 'vitest';
import { Argon2Hasher } from './argon2-hasher.js';

it('takes a password however its accents are typed', async () => {
  const hasher = await Argon2Hasher.create();
  const composed = 'caf\u00e9 cr\u00e8me';
  const apart = 'cafe\u0301 cre\u0300me';
  for (const [given, typed] of [
    [composed, apart],
    [apart, composed],
  ] as const) {
    const stored = await hasher.hash(given);
    expect(await hasher.verify(stored, typed)).toBe(true);
    expect(await hasher.verify(stored, given)).toBe(true);
    expect(await hasher.verify(stored, 'cafe creme')).toBe(false);
  }
});
