import { expect, it } from 'vitest';
import { printable } from './printable.js';

it('shows what a terminal would act on', () => {
  expect(printable('\u001b[2Jgone\u0007')).toBe('␛[2Jgone␇');
  expect(printable('a\u202eb')).toBe('a\\u{202e}b');
  expect(printable('\u009b31m')).toBe('\\u{9b}31m');
  expect(printable('one\ntwo\tthree')).toBe('one␊two␉three');
  expect(printable('one\ntwo\tthree', true)).toBe('one\ntwo\tthree');
  expect(printable('one\rtwo', true)).toBe('one␍two');
});

it('leaves what people write as it is', () => {
  for (const text of ['Grüße, 你好, مرحبا', '👩‍👩‍👧', 'a  b', "it's 100 %"]) expect(printable(text)).toBe(text);
});
