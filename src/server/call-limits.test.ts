import { expect, it } from 'vitest';
import { ChatError } from '../chat/chat-error.js';
import { eventually } from '../../test/testkit/deadline.js';
import { CallLimits } from './call-limits.js';
import { defaultLimits } from './limits-config.js';

it('lets an account search once at a time, and others meanwhile', async () => {
  const limits = new CallLimits(defaultLimits, Date.now);
  const ends: (() => void)[] = [];
  const endless = async () => new Promise<void>((resolve) => ends.push(resolve));
  const ann = Array.from({ length: 21 }, async () => limits.search('ann', endless));
  expect(ends).toHaveLength(1);
  const refused = await limits.search('ann', endless).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ChatError);
  expect(refused).toMatchObject({ reason: 'CALLS_TOO_MANY', retryDelay: 1_000 });
  expect(await limits.search('ben', async () => Promise.resolve('found'))).toBe('found');
  let ended = false;
  void Promise.all(ann).then(() => (ended = true));
  await eventually('all have ended', () => {
    expect(ends.length).toBeLessThan(2);
    for (const end of ends.splice(0)) end();
    return ended;
  });
  expect(await limits.search('ann', async () => Promise.resolve('found'))).toBe('found');
});
