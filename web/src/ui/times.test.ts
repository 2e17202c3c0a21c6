import { expect, it } from 'vitest';
import { briefTime, dayName, daysBetween, isSameDay } from './times.js';

const at = (text: string) => new Date(text).getTime();

it('counts days by the calendar, not by hours', () => {
  expect(daysBetween(at('2026-03-01T23:59:59'), at('2026-03-02T00:00:01'))).toBe(1);
  expect(daysBetween(at('2026-03-01T00:00:01'), at('2026-03-01T23:59:59'))).toBe(0);
  // Over both changes of summer time, wherever there are any.
  expect(daysBetween(at('2026-01-01T12:00:00'), at('2026-12-31T12:00:00'))).toBe(364);
  expect(isSameDay(at('2026-03-01T00:00:00'), at('2026-03-01T23:59:59'))).toBe(true);
  expect(isSameDay(at('2026-03-01T23:59:59'), at('2026-03-02T00:00:00'))).toBe(false);
});

it('names days by how far they are', () => {
  const now = at('2026-03-10T12:00:00');
  expect(dayName(at('2026-03-10T00:00:00'), now)).toBe('Today');
  expect(dayName(at('2026-03-09T23:00:00'), now)).toBe('Yesterday');
  expect(dayName(at('2026-03-05T09:00:00'), now)).toMatch(/Thursday/);
  expect(dayName(at('2025-03-05T09:00:00'), now)).toMatch(/2025/);
  expect(dayName(at('2026-03-11T09:00:00'), now)).toMatch(/2026/);
});

it('is as brief as it can be told apart', () => {
  const now = at('2026-03-10T12:00:00');
  expect(briefTime(at('2026-03-10T08:05:00'), now)).toMatch(/0?8[:.]05/);
  expect(briefTime(at('2026-03-09T08:05:00'), now)).toBe('Mon');
  expect(briefTime(at('2026-02-03T08:05:00'), now)).toMatch(/Feb/);
  expect(briefTime(at('2024-02-03T08:05:00'), now)).toMatch(/2024/);
});
