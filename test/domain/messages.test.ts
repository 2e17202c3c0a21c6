import { describe, expect, it } from 'vitest';
import type { Chat } from '../../src/chat/chat.js';
import type { Caller, Message } from '../../src/chat/types.js';
import { allPages, password, say, startChat } from '../testkit/test-chat.js';

const page = { pageSize: 200, pageToken: '' };

function sendAs(chat: Chat, caller: Caller, text: string, clientMessageId: string, knownSeq?: number) {
  return chat.messages.send(caller, { target: { username: 'ben' }, text, clientMessageId, knownSeq });
}

async function history(chat: Chat, caller: Caller, username: string, pageSize = 200): Promise<Message[]> {
  return allPages((pageToken) =>
    chat.messages.list(caller, {
      target: { username },
      pageSize,
      pageToken,
      beforeSeq: undefined,
      afterSeq: 0,
    }),
  );
}

describe('sending', () => {
  it('stores a retried message once (G3)', async () => {
    const { chat, join } = await startChat();
    const ann = await join('ann');
    await join('ben');
    const tries = await Promise.all(Array.from({ length: 20 }, () => sendAs(chat, ann, 'once', 'same')));
    const again = await sendAs(chat, ann, 'once', 'same', 0);
    for (const one of [...tries, again]) expect(one).toEqual(tries[0]);
    expect(await history(chat, ann, 'ben')).toHaveLength(1);
    await expect(sendAs(chat, ann, 'different', 'same')).rejects.toMatchObject({
      reason: 'CLIENT_MESSAGE_ID_REUSED',
    });
  });

  it('knows a message sent before any number of others, by known_seq, on any node (G3)', async () => {
    const { chat, store, join } = await startChat();
    const ann = await join('ann');
    await join('ben');
    const first = await sendAs(chat, ann, 'early', 'early', 0);
    const others = 10_050;
    for (let i = 0; i < others; i += 150) {
      await Promise.all(Array.from({ length: 150 }, (_, n) => sendAs(chat, ann, 'x', `other-${i + n}`)));
    }
    // This one has nothing in memory.
    const other = await startChat({ store });
    for (const node of [other.chat, chat]) {
      expect(await sendAs(node, ann, 'early', 'early', 0)).toEqual(first);
    }
    const last = await sendAs(chat, ann, 'last', 'last');
    expect(last.seq).toBe(others + 2);
  });

  it('takes a name that belongs to a new account for that one, in reading and in sending', async () => {
    const { chat, join } = await startChat();
    const ann = await join('ann');
    for (const opened of [true, false]) {
      const first = await join('ben');
      if (opened) await sendAs(chat, ann, 'to the first', 'first');
      else await history(chat, ann, 'ben');
      await chat.accounts.delete(first, { password });
      await expect(history(chat, ann, 'ben')).rejects.toMatchObject({ reason: 'ACCOUNT_NOT_FOUND' });
      await expect(sendAs(chat, ann, 'x', 'x')).rejects.toMatchObject({ reason: 'ACCOUNT_NOT_FOUND' });
      const second = await join('ben');
      expect(await history(chat, ann, 'ben')).toEqual([]);
      await sendAs(chat, ann, 'to the second', 'second');
      expect((await history(chat, ann, 'ben')).map(({ text }) => text)).toEqual(['to the second']);
      await chat.accounts.delete(second, { password });
    }
  });

  it('takes no name that only folds to one that was written to', async () => {
    const { chat, join } = await startChat();
    const ann = await join('ann');
    await join('ken');
    await say(chat, ann, 'ken', 'hello');
    // The sign for Kelvin is a k in lower case.
    await expect(say(chat, ann, '\u212aen', 'x')).rejects.toMatchObject({ reason: 'USERNAME_INVALID' });
  });

  it('gives the same id to two senders their own messages', async () => {
    const { chat, join } = await startChat();
    const [ann, ben] = [await join('ann'), await join('ben')];
    const one = await sendAs(chat, ann, 'from ann', 'id');
    const target = { conversationId: one.conversationId };
    const two = await chat.messages.send(ben, {
      target,
      text: 'from ben',
      clientMessageId: 'id',
      knownSeq: undefined,
    });
    expect([one.seq, two.seq]).toEqual([1, 2]);
  });

  it('numbers messages without a gap, in the order that each sender sent them (G4)', async () => {
    const { chat, join } = await startChat();
    const [ann, ben] = [await join('ann'), await join('ben')];
    await say(chat, ann, 'ben', 'start');
    const sends = Array.from({ length: 300 }, (_, i) => {
      const [caller, who] = i % 2 ? [ann, 'ben'] : [ben, 'ann'];
      return say(chat, caller, who, String(i));
    });
    await Promise.all(sends);
    const stored = await history(chat, ann, 'ben', 7);
    expect(stored.map(({ seq }) => seq)).toEqual(Array.from({ length: 301 }, (_, i) => i + 1));
    for (const sender of ['ann', 'ben']) {
      const own = stored.slice(1).filter((message) => message.sender === sender);
      const numbers = own.map(({ text }) => Number(text));
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    }
  });
});

describe('two nodes on one store', () => {
  it('number messages without a gap or a double while both append (G3, G4)', async () => {
    const first = await startChat();
    const second = await startChat({ store: first.store });
    const ann = await first.join('ann');
    await first.join('ben');
    await sendAs(first.chat, ann, 'start', 'start');
    // Every message goes through both nodes, as from a client that has lost its connection to one.
    const numbers = Array.from({ length: 100 }, (_, i) => i);
    const sendAll = ({ chat }: typeof first, order: readonly number[]) =>
      Promise.all(order.map((i) => sendAs(chat, ann, `text ${i}`, `id-${i}`)));
    const backwards = [...numbers].reverse();
    const [forth, back] = await Promise.all([sendAll(first, numbers), sendAll(second, backwards)]);
    expect(back.reverse()).toEqual(forth);
    for (const { chat } of [first, second]) {
      const stored = await history(chat, ann, 'ben');
      expect(stored.map(({ seq }) => seq)).toEqual(Array.from({ length: 101 }, (_, i) => i + 1));
      expect(new Set(stored.map(({ text }) => text)).size).toBe(101);
    }
  });
});

describe('deleting', () => {
  it('for everyone takes the text from both and keeps the number', async () => {
    const { chat, join } = await startChat();
    const [ann, ben] = [await join('ann'), await join('ben')];
    const { conversationId } = await say(chat, ann, 'ben', 'regretted');
    await say(chat, ann, 'ben', 'kept');
    const request = { conversationId, seqs: [1], forEveryone: true };
    await chat.messages.delete(ann, request);
    await chat.messages.delete(ann, request);
    for (const [caller, who] of [
      [ann, 'ben'],
      [ben, 'ann'],
    ] as const) {
      const seen = await history(chat, caller, who);
      expect(seen.map(({ seq, text, deleted }) => [seq, text, deleted])).toEqual([
        [1, '', true],
        [2, 'kept', false],
      ]);
    }
  });

  it('for oneself hides the message from nobody else', async () => {
    const { chat, join } = await startChat();
    const [ann, ben] = [await join('ann'), await join('ben')];
    const { conversationId } = await say(chat, ann, 'ben', 'one');
    await say(chat, ann, 'ben', 'two');
    await chat.messages.delete(ben, { conversationId, seqs: [2], forEveryone: false });
    expect((await history(chat, ben, 'ann')).map(({ text }) => text)).toEqual(['one']);
    expect((await history(chat, ann, 'ben')).map(({ text }) => text)).toEqual(['one', 'two']);
    const [conversation] = (await chat.conversations.list(ben, page)).items;
    expect(conversation).toMatchObject({ headSeq: 2, unreadCount: 1, lastMessage: undefined });
  });
});

describe('unread messages', () => {
  it('are those of others after the cursor, in every conversation, and the cursor only advances', async () => {
    const { chat, join } = await startChat();
    const [ann, ben, cat] = [await join('ann'), await join('ben'), await join('cat')];
    for (const text of ['1', '2', '3']) await say(chat, ann, 'ben', text);
    await say(chat, cat, 'ben', '4');
    await say(chat, ben, 'cat', 'own');
    const unread = async (pageSize: number) => {
      const all = await allPages((pageToken) => chat.messages.listUnread(ben, { pageSize, pageToken }));
      return all.map(({ text }) => text);
    };
    for (const size of [1, 2, 3, 50]) expect((await unread(size)).sort()).toEqual(['1', '2', '3', '4']);
    const conversation = (await chat.conversations.list(ben, page)).items.find(
      ({ title }) => title === 'ann',
    );
    const conversationId = conversation?.id ?? '';
    expect(await chat.conversations.markRead(ben, { conversationId, seq: 2 })).toBe(2);
    expect(await chat.conversations.markRead(ben, { conversationId, seq: 1 })).toBe(2);
    expect((await unread(50)).sort()).toEqual(['3', '4']);
  });
});

describe('conversations', () => {
  it('come latest activity first, on pages that agree with one long page', async () => {
    const { chat, clock, join } = await startChat();
    const ann = await join('ann');
    const names = Array.from({ length: 9 }, (_, i) => `friend${i}`);
    for (const name of names) await chat.accounts.create({ username: name, password: 'correct horse' });
    for (const name of [...names, 'friend3', 'friend0']) {
      clock.now += 1_000;
      await say(chat, ann, name, 'hi');
    }
    const titles = ['friend0', 'friend3', 'friend8', 'friend7', 'friend6', 'friend5', 'friend4', 'friend2'];
    const all = (await chat.conversations.list(ann, page)).items.map(({ title }) => title);
    expect(all).toEqual([...titles, 'friend1']);
    const paged = await allPages((pageToken) => chat.conversations.list(ann, { pageSize: 2, pageToken }));
    expect(paged.map(({ title }) => title)).toEqual(all);
  });
});
