import { expect, it } from 'vitest';
import { formatBytes } from './bytes.js';

it.each([
  [0, '0 bytes'],
  [1_023, '1023 bytes'],
  [1_024, '1 KiB'],
  [1_536, '1.5 KiB'],
  [150 * 1_024 ** 2, '150 MiB'],
  [8 * 1_024 ** 3, '8 GiB'],
])('writes %d as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
