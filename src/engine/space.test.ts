import { expect, it } from 'vitest';
import type { MemberStatus } from './member-status.js';
import { defragmentationPays, spaceStatus } from './space.js';
import type { SpaceLevel } from './space.js';

const quota = 1_000 * 1_048_576;
const day = 24 * 3_600_000;

function space(
  sizePercent: number,
  inUsePercent: number,
  alarms: MemberStatus['alarms'] = [],
  before: SpaceLevel = 'ok',
) {
  const status = { sizeBytes: (quota * sizePercent) / 100, inUseBytes: (quota * inUsePercent) / 100, alarms };
  return spaceStatus(status as MemberStatus, quota, before);
}

it('has three levels of fullness, and is full while any member has raised the alarm', () => {
  expect([0, 69, 70, 89, 90, 100].map((percent) => space(percent, 0).level)).toEqual([
    'ok',
    'ok',
    'warn',
    'warn',
    'full',
    'full',
  ]);
  expect(space(1, 1, [{ memberId: 'a', type: 'NOSPACE' }]).level).toBe('full');
  expect(space(1, 1, [{ memberId: 'a', type: 'CORRUPT' }]).level).toBe('ok');
});

it('keeps more for deleting of a small quota', () => {
  const small = 16 * 1_048_576;
  const level = (mebibytes: number) =>
    spaceStatus(
      { sizeBytes: mebibytes * 1_048_576, inUseBytes: 0, alarms: [] } as unknown as MemberStatus,
      small,
      'ok',
    ).level;
  expect([11, 13.3, 13.4].map(level)).toEqual(['ok', 'warn', 'full']);
});

it('does not come and go at the edge of a level', () => {
  expect([68, 66].map((percent) => space(percent, 0, [], 'warn').level)).toEqual(['warn', 'ok']);
  expect([88, 86, 66].map((percent) => space(percent, 0, [], 'full').level)).toEqual(['full', 'warn', 'ok']);
});

it.each([
  // Size and use in percent of the quota, milliseconds since the last time, whether it pays.
  [50, 30, 0, false],
  [50, 24, 0, true],
  [5, 1, 0, false],
  [5, 1, day, true],
  [50, 49, day, false],
  [65, 60, 0, false],
  [65, 54, 0, true],
  [92, 91, 0, false],
  [92, 89, 0, true],
])('defragments at %i %% with %i %% in use, %i ms after the last time: %s', (size, inUse, since, pays) => {
  expect(defragmentationPays(space(size, inUse), since, day)).toBe(pays);
});
