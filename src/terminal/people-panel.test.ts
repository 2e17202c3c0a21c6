import { expect, it } from 'vitest';
import { matches, patternOf } from './people-panel.js';

it('asks for names that begin with what was typed, unless it has a wildcard', () => {
  expect([patternOf(''), patternOf(' be '), patternOf('b?n'), patternOf('*en')]).toEqual([
    '*',
    'be*',
    'b?n',
    '*en',
  ]);
});

it('matches as servers do', () => {
  expect(matches('Ben', 'b?n')).toBe(true);
  expect(matches('Ben', 'be')).toBe(false);
  expect(matches('a.b-c_d', 'a.b-*')).toBe(true);
  expect(matches('axb', 'a.b')).toBe(false);
  expect(matches('ben', 'b[e]n')).toBe(false);
});
