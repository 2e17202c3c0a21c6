import { expect, it } from 'vitest';
import { oneLine, previewOf } from './preview.js';

it('fits a message into a line', () => {
  expect(oneLine('one\n\n two\t`three`\n```js\nfour()\n```')).toBe('one two three four()');
  expect(oneLine('\u202eevil\u2066 text\u2069')).toBe('evil text');
  expect(oneLine('👩‍🚀'.repeat(500))).toBe('👩‍🚀'.repeat(32));
  expect(oneLine('🦊'.repeat(500)).isWellFormed()).toBe(true);
});

it('says that a message was deleted, and nothing of none', () => {
  expect(previewOf({ text: '', deleted: true })).toBe('Message deleted');
  expect(previewOf(undefined)).toBe('');
});
