import { expect, it } from 'vitest';
import { say, silentLogger, startChat } from '../../test/testkit/test-chat.js';
import { ConversationWriters } from './conversation-writers.js';

async function startWriters() {
  const { chat, store, clock, join } = await startChat();
  const ann = await join('ann');
  await join('ben');
  const { conversationId } = await say(chat, ann, 'ben', 'one');
  const refuse = () => Promise.reject(new Error('no password is hashed here'));
  const writers = new ConversationWriters({
    store,
    now: () => clock.now,
    elapsed: () => clock.now,
    hasher: { hash: refuse, verify: refuse },
    random: (count) => new Uint8Array(count),
    logger: silentLogger,
  });
  const writer = writers.get(conversationId);
  const append = async (text: string) =>
    writer.append({
      senderId: ann.accountId,
      text,
      clientMessageId: text,
      knownSeq: undefined,
      opening: undefined,
    });
  return { writers, writer, append };
}

it('counts what idle writers have grown to', async () => {
  const { writers, writer, append } = await startWriters();
  await writer.info();
  await Promise.all(Array.from({ length: 50 }, (_, i) => append(`m${i}`)));
  expect(writer.size).toBeGreaterThan(50);
  expect(writers.idleSize).toBe(writer.size);
});

it('refuses what is too much, also when it all comes at once', async () => {
  const { append } = await startWriters();
  const outcomes = await Promise.allSettled(Array.from({ length: 1_500 }, (_, i) => append(`m${i}`)));
  const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  // Those of the first commit have left the queue.
  expect(refused.length).toBeGreaterThan(400);
  for (const reason of refused)
    expect(reason).toMatchObject({ reason: 'SEND_QUEUE_FULL', retryDelay: 1_000 });
  expect(await append('later')).toMatchObject({ seq: 1_502 - refused.length });
});
