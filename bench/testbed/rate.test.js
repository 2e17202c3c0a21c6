import { expect, test } from 'vitest';
import { openLoop } from './rate.js';

test('an open loop does not wait for its acts, and says how late they began', async () => {
  const dues = [];
  let allBegun = () => undefined;
  const together = new Promise((resolve) => {
    allBegun = resolve;
  });
  const { late } = await openLoop(200, 0.1, async (i, due) => {
    expect(i).toBe(dues.length);
    expect(performance.now()).toBeGreaterThanOrEqual(due);
    dues.push(due);
    if (dues.length === 20) allBegun();
    await together;
  });
  expect(dues).toHaveLength(20);
  expect(dues[19] - dues[0]).toBeCloseTo(95, 3);
  expect(late).toBeGreaterThanOrEqual(0);
});

test('an open loop ends with the first act that fails', async () => {
  let acts = 0;
  const failing = openLoop(100, 600, () => {
    acts += 1;
    return Promise.reject(new Error('refused'));
  });
  await expect(failing).rejects.toThrow('refused');
  expect(acts).toBeLessThan(1_000);
});
