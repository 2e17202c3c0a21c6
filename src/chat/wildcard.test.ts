import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWildcard } from './wildcard.js';

const letters = fc.constantFrom('a', 'b', '.', '-');
const name = fc.string({ unit: letters, minLength: 1, maxLength: 12 });
const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?'), maxLength: 10 });

/** The same question to another engine. */
function matches(text: string, candidate: string): boolean {
  const escaped = (text === '' ? '*' : text).replace(/[.-]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(candidate);
}

describe('parseWildcard', () => {
  it('matches as a regular expression of the same meaning does', () => {
    fc.assert(
      fc.property(pattern, name, (text, candidate) => {
        expect(parseWildcard(text).matches(candidate)).toBe(matches(text, candidate));
      }),
      { numRuns: 2_000 },
    );
  });

  it('knows what every match starts with', () => {
    fc.assert(
      fc.property(pattern, name, (text, candidate) => {
        const wildcard = parseWildcard(text);
        if (wildcard.matches(candidate)) expect(candidate.startsWith(wildcard.prefix)).toBe(true);
        if (wildcard.literal && wildcard.matches(candidate)) expect(candidate).toBe(wildcard.prefix);
        if (wildcard.prefixOnly) {
          expect(wildcard.matches(candidate)).toBe(candidate.startsWith(wildcard.prefix));
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('ignores case and is not slowed down by many stars', () => {
    expect(parseWildcard('AN*').matches('anna')).toBe(true);
    expect(parseWildcard('*a'.repeat(64)).matches('b'.repeat(32))).toBe(false);
    expect(() => parseWildcard('*'.repeat(129))).toThrow('128');
  });
});
