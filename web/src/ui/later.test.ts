import { expect, it } from 'vitest';
import { Later, PartMissing } from './later.js';

const Part = () => null;

/** Of which the first tries fail. */
function failing(times: number) {
  let tries = 0;
  const later = new Later(() => {
    tries += 1;
    return tries <= times ? Promise.reject(new TypeError('failed to fetch')) : Promise.resolve(Part);
  });
  return { later, tries: () => tries };
}

it('is fetched once', async () => {
  const { later, tries } = failing(0);
  expect(await Promise.all([later.load(), later.load()])).toEqual([Part, Part]);
  expect(tries()).toBe(1);
});

it('fails until it is tried again, and then no more', async () => {
  const { later, tries } = failing(1);
  const first = await later.load().catch((error: unknown) => error);
  await expect(later.load()).rejects.toBe(first);
  expect(tries()).toBe(1);
  if (!(first instanceof PartMissing)) throw first;
  first.retry();
  expect(await later.load()).toBe(Part);
  // One that asks late takes nothing away.
  first.retry();
  expect(await later.load()).toBe(Part);
  expect(tries()).toBe(2);
});

it('is fetched ahead as soon as it can be', async () => {
  const { later, tries } = failing(3);
  let waits = 0;
  await later.prefetch({ wait: () => Promise.resolve(void (waits += 1)) });
  expect([tries(), waits]).toEqual([4, 3]);
  expect(await later.load()).toBe(Part);
});
