import { expect, it } from 'vitest';
import { startChat, say } from '../../test/testkit/test-chat.js';
import { ConversationWriters } from './conversation-writers.js';

it('counts what idle writers have grown to', async () => {
  const { chat, store, clock, join } = await startChat();
  const ann = await join('ann');
  await join('ben');
  const { conversationId } = await say(chat, ann, 'ben', 'one');
  const refuse = () => Promise.reject(new Error('no password is hashed here'));
  const logger = { warn: () => undefined, error: () => undefined };
  const writers = new ConversationWriters({
    store,
    now: () => clock.now,
    hasher: { hash: refuse, verify: refuse },
    random: (count) => new Uint8Array(count),
    logger,
  });
  const writer = writers.get(conversationId);
  await writer.info();
  const texts = Array.from({ length: 50 }, (_, i) => `m${i}`);
  await Promise.all(
    texts.map((text) =>
      writer.append({
        senderId: ann.accountId,
        text,
        clientMessageId: text,
        knownSeq: undefined,
        opening: undefined,
      }),
    ),
  );
  expect(writer.size).toBeGreaterThan(50);
  expect(writers.idleSize).toBe(writer.size);
});
