import { expect, it } from 'vitest';
import { printable } from './printable.js';

it('shows what a terminal would act on', () => {
  expect(printable('\u001b[2Jgone\u0007')).toBe('␛[2Jgone␇');
  expect(printable('\u001b]0;title\u0007\u007f')).toBe('␛]0;title␇␡');
  expect(printable('a\u202eb')).toBe('a\\u{202e}b');
  expect(printable('\u009b31m')).toBe('\\u{9b}31m');
  expect(printable('one\ntwo\tthree')).toBe('one␊two␉three');
  expect(printable('one\ntwo\tthree', true)).toBe('one\ntwo\tthree');
  expect(printable('one\rtwo', true)).toBe('one␍two');
  expect(printable('one\r\ntwo', true)).toBe('one␍\ntwo');
});

it('shows what takes no room', () => {
  expect(printable('pay\u200dpal \u200b\u2060\ufeff')).toBe('pay\\u{200d}pal \\u{200b}\\u{2060}\\u{feff}');
  expect(printable('a\u3164b\u115fc\u{e0041}')).toBe('a\\u{3164}b\\u{115f}c\\u{e0041}');
  expect(printable('\ufe0f')).toBe('\\u{fe0f}');
});

it('gives an accent without a letter something to stand on, and cuts a tower of them', () => {
  expect(printable('\u0301')).toBe('\u25cc\u0301');
  expect(printable(`a${'\u0301'.repeat(100)}b`)).toBe(`a${'\u0301'.repeat(6)}…b`);
});

it('leaves what people write as it is', () => {
  const texts = ['Grüße, 你好, مرحبا', '👩‍👩‍👧', 'a  b', "it's 100 %", 'e\u0301 ñ', '👍🏽 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇨🇭 ❤️ ☎︎'];
  // Persian and Hindi need the joiners.
  texts.push('می\u200cخواهم', 'क्\u200dष');
  for (const text of texts) expect(printable(text)).toBe(text);
});
