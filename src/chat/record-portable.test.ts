import { expect, it, vi } from 'vitest';
import { pack, unpack } from 'msgpackr';
import { defineRecord, kinds } from './record.js';

// Before msgpackr is loaded: what it does on a machine that its native part is not built for.
vi.hoisted(() => {
  process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED = 'true';
});

const note = defineRecord<{ readonly text: string }>('note', 1, { text: kinds.text });
const long = 'x'.repeat(300);

it('keeps a byte order mark at the start of a text without the native part of msgpackr', () => {
  expect(unpack(pack(`\ufeff${long}`))).toBe(long);
  for (const text of ['\ufeff', '\ufeff\ufeffé', `\ufeff${long}`, `a\ufeff${long}`, long]) {
    expect(note.decode(note.encode({ text }))).toEqual({ text });
  }
});

it('reads what was stored as text', () => {
  expect(note.decode(pack([1, `é${long}`]))).toEqual({ text: `é${long}` });
});
