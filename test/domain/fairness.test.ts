import { describe, expect, it } from 'vitest';
import { keys } from '../../src/chat/keys.js';
import type { Caller } from '../../src/chat/types.js';
import type { ReadRequest, Snapshot, Store } from '../../src/kv/store.js';
import { eventually } from '../testkit/deadline.js';
import { storeOver } from '../testkit/store-over.js';
import { Subscriber, allPages, say, startChat } from '../testkit/test-chat.js';
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

/** The store, with something done around each read. */
function watched(
  store: Store,
  around: (read: () => Promise<Snapshot>, requests: readonly ReadRequest[]) => Promise<Snapshot>,
): Store {
  return storeOver(store, {
    read: async (...args) => around(async () => store.read(...args), args[0]),
  });
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

describe('unread messages', () => {
  it('are found past any number of own ones with few reads', async () => {
    const { chat, store, ann, ben } = await startLong();
    await say(chat, ben, 'ann', 'at last');
    let reads = 0;
    const counting = watched(store, async (read) => {
      reads += 1;
      return read();
    });
    const other = await startChat({ store: counting });
    reads = 0;
    const { items } = await other.chat.messages.listUnread(ann, { pageSize: 10, pageToken: '' });
    expect(items.map(({ text }) => text)).toEqual(['at last']);
    expect(reads).toBeLessThan(60);
  });

  it('are all found between runs of own ones', async () => {
    const { chat, join } = await startChat();
    const [ann, ben] = [await join('ann'), await join('ben')];
    const expected: number[] = [];
    let conversationId = '';
    for (const [own, others] of [
      [40, 1],
      [70, 3],
      [33, 1],
      [0, 40],
      [100, 2],
      [31, 1],
      [50, 0],
    ] as const) {
      const run = async (count: number, from: Caller, to: string) =>
        Promise.all(Array.from({ length: count }, async () => say(chat, from, to, 'x')));
      await run(own, ann, 'ben');
      const theirs = await run(others, ben, 'ann');
      expected.push(...theirs.map(({ seq }) => seq));
      conversationId = theirs[0]?.conversationId ?? conversationId;
    }
    const unread = async (pageSize: number) => {
      const all = await allPages(async (pageToken) => chat.messages.listUnread(ann, { pageSize, pageToken }));
      return all.map(({ seq }) => seq);
    };
    for (const pageSize of [1, 2, 7, 200]) expect(await unread(pageSize)).toEqual(expected);
    for (const seq of [20, 41, 42, 113, 200, expected.at(-1) ?? 0]) {
      await chat.conversations.markRead(ann, { conversationId, seq });
      expect(await unread(3)).toEqual(expected.filter((one) => one > seq));
    }
  });
});

it('few sends at a time look far back', async () => {
  const { store, ann, conversationId } = await startLong();
  const far = keys.message(conversationId, length / 2);
  let running = 0;
  let most = 0;
  const counting = watched(store, async (read, [request]) => {
    if (!request || 'key' in request || Buffer.compare(request.start, far) >= 0) return read();
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    return read();
  });
  const { chat } = await startChat({ store: counting });
  const target = { conversationId };
  const again = Array.from({ length: 10 }, async (_, i) =>
    chat.messages.send(ann, { target, text: 'one', clientMessageId: `long-${i + 1_000}`, knownSeq: 1 }),
  );
  expect((await Promise.all(again)).map(({ seq }) => seq)).toEqual(again.map((_, i) => i + 1_000));
  expect(most).toBe(2);
});

it('a subscription that was given up stops in the middle of catching up', async () => {
  const { chat, ben, conversationId } = await startLong();
  const subscriber = new Subscriber(chat, ben, { cursors: new Map([[conversationId, 1]]) });
  await subscriber.until(({ body }) => body.type === 'message');
  subscriber.abort();
  await expect(subscriber.until(() => false)).rejects.toThrow('the stream has ended');
  expect(subscriber.texts()).toHaveLength(1);
});

it('few searches for names run at a time', async () => {
  const { store } = await startChat();
  const reads: (() => void)[] = [];
  let holding = false;
  const held = watched(store, async (read) => {
    if (holding) await new Promise<void>((resolve) => reads.push(resolve));
    return read();
  });
  const { chat } = await startChat({ store: held });
  holding = true;
  const searches = Array.from({ length: 6 }, async () =>
    chat.accounts.list({ pattern: '*x', pageSize: 10, pageToken: '' }),
  );
  const all = Promise.all(searches);
  let ended = false;
  void all.then(() => (ended = true));
  let most = 0;
  await eventually('all have ended', () => {
    most = Math.max(most, reads.length);
    for (const goOn of reads.splice(0)) goOn();
    return ended;
  });
  holding = false;
  expect(most).toBe(2);
});
