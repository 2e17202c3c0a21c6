import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf, cut, fit, wrap } from './text.js';

describe('columns', () => {
  it('counts what terminals show', () => {
    expect(columnsOf('abc')).toBe(3);
    expect(columnsOf('你好')).toBe(4);
    expect(columnsOf('e\u0301')).toBe(1);
    expect(columnsOf('👩‍👩‍👧')).toBe(2);
    expect(columnsOf('🇨🇭👍🏽')).toBe(4);
    expect(columnsOf('한국어')).toBe(6);
    expect(columnsOf('का')).toBe(2);
  });

  it('cuts and fills without halving a character', () => {
    expect(cut('你好吗', 5)).toBe('你好…');
    expect(cut('你好吗', 4)).toBe('你…');
    expect(fit('你好吗', 4)).toBe('你… ');
    expect(fit('ab', 4)).toBe('ab  ');
  });
});

describe('wrapping', () => {
  it('breaks at spaces, in long words, and between characters of scripts without spaces', () => {
    expect(wrap('one two three', 8)).toEqual(['one two ', 'three']);
    expect(wrap('one two', 3)).toEqual(['one', 'two']);
    expect(wrap('abcdefgh', 3)).toEqual(['abc', 'def', 'gh']);
    expect(wrap('你好你好', 5)).toEqual(['你好', '你好']);
    expect(wrap('a\n\nb', 5)).toEqual(['a', '', 'b']);
    expect(wrap('  indented', 20)).toEqual(['  indented']);
    expect(wrap(' 12345678你', 9)).toEqual([' ', '12345678', '你']);
    expect(wrap('', 5)).toEqual(['']);
  });

  it('shows what a terminal would act on', () => {
    expect(wrap('\u001b[2J\tx', 20)).toEqual(['␛[2J  x']);
    expect(wrap(`a${'\u200d'.repeat(3)}`, 8)).toEqual(['a\\u{200d', '}\\u{200d', '}\\u{200d', '}']);
  });

  it('never makes a row that is too wide, and loses nothing but spaces and line ends', () => {
    const letters = fc.string({
      unit: fc.constantFrom('a', 'b', ' ', '\n', '你', '👩‍👩‍👧', '\u200d', 'e\u0301'),
      maxLength: 60,
    });
    fc.assert(
      fc.property(letters, fc.integer({ min: 8, max: 20 }), (text, columns) => {
        const rows = wrap(text, columns);
        expect(rows.every((row) => columnsOf(row) <= columns)).toBe(true);
        expect(rows.join('').replace(/\s/g, '')).toBe(wrap(text, 1_000).join('').replace(/\s/g, ''));
      }),
    );
  });
});
