import { expect, it } from 'vitest';
import { ChatError } from '../chat/chat-error.js';
import { CallLimits } from './call-limits.js';
import { defaultLimits } from './limits-config.js';

it('lets an account have eight lists at a time, and others meanwhile', async () => {
  const limits = new CallLimits(defaultLimits, Date.now);
  const ends: (() => void)[] = [];
  const endless = async () => new Promise<void>((resolve) => ends.push(resolve));
  const ann = Array.from({ length: 8 }, async () => limits.list('ann', endless));
  const refused = await limits.list('ann', endless).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(ChatError);
  expect(refused).toMatchObject({ reason: 'CALLS_TOO_MANY', retryDelay: 1_000 });
  expect(await limits.list('ben', async () => Promise.resolve('found'))).toBe('found');
  for (const end of ends) end();
  await Promise.all(ann);
  expect(await limits.list('ann', async () => Promise.resolve('found'))).toBe('found');
});
