import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Gate } from './gate.js';

it('runs few at once, all of them, in order', async () => {
  const gate = new Gate(2);
  let running = 0;
  const begun: number[] = [];
  const run = async (n: number) =>
    gate.run(async () => {
      begun.push(n);
      running += 1;
      expect(running).toBeLessThanOrEqual(2);
      await setImmediate();
      running -= 1;
      if (n === 3) throw new Error('one fails');
    });
  const numbers = [0, 1, 2, 3, 4, 5, 6];
  const all = Promise.allSettled(numbers.map(run));
  expect(gate.waiting).toBe(5);
  expect((await all).filter(({ status }) => status === 'rejected')).toHaveLength(1);
  expect(begun).toEqual(numbers);
  await run(7);
  expect(gate.waiting).toBe(0);
});

it('turns away who has waited for too long, and goes on with the others', async () => {
  const gate = new Gate(1);
  let end: () => void = () => undefined;
  const first = gate.run(async () => new Promise<void>((resolve) => (end = resolve)));
  const error = new Error('too long');
  let begun = false;
  const second = gate.run(
    async () => {
      begun = true;
      return Promise.resolve();
    },
    { most: 20, error },
  );
  const third = gate.run(async () => Promise.resolve('third'), { most: 60_000, error });
  await expect(second).rejects.toBe(error);
  expect(gate.waiting).toBe(1);
  end();
  await first;
  expect(await third).toBe('third');
  expect(begun).toBe(false);
  expect(gate.idle).toBe(true);
});
