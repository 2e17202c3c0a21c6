import { expect, it } from 'vitest';
import { jsonLine } from './json-line.js';

it('keeps what a terminal would act on from it, and says the same', () => {
  const text = 'a\u001b[31m\u009b2J\u007f\u202e\u2066\u2028\u{e0041}\r\n"\\ü日👍🏽';
  const line = jsonLine({ text });
  expect(JSON.parse(line)).toEqual({ text });
  expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e\u2066\u2028\u{e0041}]/u);
  expect(line).toContain('ü日👍🏽');
});
