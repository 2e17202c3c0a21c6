import { describe, expect, it } from 'vitest';
import { Subscriber, say, startChat } from '../testkit/test-chat.js';
import { lengthen } from './long-log.js';

const length = 20_000;

/** Two people, one of whom has sent the other everything; on a node that has it all still to read. */
async function startLong() {
  const first = await startChat();
  const ann = await first.join('ann');
  const ben = await first.join('ben');
  const { conversationId } = await say(first.chat, ann, 'ben', 'one');
  await lengthen(first.store, conversationId, length);
  const { chat, store } = await startChat({ store: first.store });
  return { chat, store, ann, ben, conversationId };
}

/** How often the event loop turned while something was done. */
async function turnsDuring(action: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let done = false;
  const count = () => {
    turns += 1;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  await action().finally(() => {
    done = true;
  });
  return turns;
}

describe('what reads much lets others have their turn', () => {
  it('a subscriber that is far behind', async () => {
    const { chat, ben, conversationId } = await startLong();
    const subscriber = new Subscriber(chat, ben, { cursors: new Map([[conversationId, 1]]) });
    expect(await turnsDuring(() => subscriber.caughtUp())).toBeGreaterThan(length / 500);
    expect(subscriber.texts()).toHaveLength(length - 1);
  });

  it('a send that looks for itself far back', async () => {
    const { chat, ann, ben, conversationId } = await startLong();
    const target = { conversationId };
    const again = { target, text: 'one', clientMessageId: 'long-7', knownSeq: 1 };
    let seq = 0;
    const turns = await turnsDuring(async () => {
      ({ seq } = await chat.messages.send(ann, again));
    });
    expect(seq).toBe(7);
    expect(turns).toBeGreaterThan(9);
    const fresh = { target, text: 'new', clientMessageId: 'new', knownSeq: 0 };
    expect(await turnsDuring(() => chat.messages.send(ben, fresh))).toBeGreaterThan(9);
  });
});

it('a subscription that was given up stops in the middle of catching up', async () => {
  const { chat, ben, conversationId } = await startLong();
  const subscriber = new Subscriber(chat, ben, { cursors: new Map([[conversationId, 1]]) });
  await subscriber.until(({ body }) => body.type === 'message');
  subscriber.abort();
  await expect(subscriber.until(() => false)).rejects.toThrow('the stream has ended');
  expect(subscriber.texts()).toHaveLength(1);
});
