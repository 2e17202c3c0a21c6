import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CallTime, clusterCallTime } from './call-time.js';
import type { CallKind } from './call-time.js';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A call whose work ends when the test says so, and what its caller has been told. */
function running(kind: CallKind, limited = true) {
  const limit = new CallTime(limited ? clusterCallTime : undefined);
  let finish: (outcome: string) => void = () => undefined;
  const told: string[] = [];
  const work = async () => new Promise<string>((resolve) => (finish = resolve));
  void limit.apply(kind, work).then(
    (outcome) => told.push(outcome),
    (error: unknown) => told.push((error as { reason: string }).reason),
  );
  return { limit, told, finish: (outcome: string) => finish(outcome) };
}

it.each([
  ['read', 'STORE_UNAVAILABLE'],
  ['change', 'OUTCOME_UNKNOWN'],
] as const)('tells whoever waits for a %s once time is up: %s', async (kind, reason) => {
  const { told, finish } = running(kind);
  await vi.advanceTimersByTimeAsync(clusterCallTime - 1);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(told).toEqual([reason]);
  // Nobody hears it any more, and nothing breaks.
  finish('done');
  await vi.advanceTimersByTimeAsync(clusterCallTime);
  expect(told).toEqual([reason]);
});

it('leaves alone what ends in time, what is long, and every call where there is no limit', async () => {
  const calls = [running('change'), running('long'), running('change', false)];
  calls[0]?.finish('done');
  await vi.advanceTimersByTimeAsync(10 * clusterCallTime);
  expect(calls.map(({ told }) => told)).toEqual([['done'], [], []]);
  for (const { finish } of calls) finish('done');
  await vi.advanceTimersByTimeAsync(0);
  expect(calls.map(({ told }) => told)).toEqual([['done'], ['done'], ['done']]);
});

it('does not count a pause, and begins anew after it', async () => {
  const { limit, told } = running('change');
  await vi.advanceTimersByTimeAsync(clusterCallTime - 1);
  limit.pause();
  await vi.advanceTimersByTimeAsync(10 * clusterCallTime);
  limit.resume();
  await vi.advanceTimersByTimeAsync(clusterCallTime - 1);
  expect(told).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(told).toEqual(['OUTCOME_UNKNOWN']);
});
