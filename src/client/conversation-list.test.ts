import { describe, expect, it } from 'vitest';
import { ConversationList } from './conversation-list.js';
import type { Conversation, Message } from './types.js';

function message(conversationId: string, seq: number, senderId: string, createTime = seq): Message {
  return {
    conversationId,
    seq,
    senderId,
    sender: senderId,
    senderDeleted: false,
    text: `text ${seq}`,
    createTime,
    clientMessageId: String(seq),
    deleted: false,
  };
}

function conversation(
  id: string,
  time: number | undefined,
  fields: Partial<Conversation> = {},
): Conversation {
  return {
    id,
    title: id,
    members: [
      { accountId: 'me', username: 'me', deleted: false },
      { accountId: id, username: id, deleted: false },
    ],
    headSeq: 5,
    readSeq: 3,
    unreadCount: 2,
    lastMessage: time === undefined ? undefined : message(id, 5, id, time),
    closed: false,
    ...fields,
  };
}

function listOf(...conversations: Conversation[]) {
  const list = new ConversationList('me');
  list.merge(conversations);
  return list;
}

const order = (list: ConversationList) => list.sorted().map(({ id }) => id);

describe('the order', () => {
  it("is the servers', also around a conversation whose last message is hidden", () => {
    const list = listOf(
      conversation('a', undefined),
      conversation('b', 30),
      conversation('c', undefined),
      conversation('d', 10),
      conversation('e', 10),
    );
    expect(order(list)).toEqual(['a', 'b', 'c', 'd', 'e']);
    list.apply({ type: 'message', message: message('d', 6, 'd', 40) });
    expect(order(list)).toEqual(['d', 'a', 'b', 'c', 'e']);
  });
});

describe('what is unread', () => {
  it("counts others' messages, once, and not one's own", () => {
    const list = listOf(conversation('a', 1));
    for (const [seq, sender] of [
      [6, 'a'],
      [6, 'a'],
      [7, 'me'],
      [4, 'a'],
    ] as const) {
      list.apply({ type: 'message', message: message('a', seq, sender) });
    }
    expect(list.get('a')).toMatchObject({ headSeq: 7, unreadCount: 3, lastMessage: { seq: 7 } });
    expect(list.stale).toBe(false);
  });

  it('is nothing once all is read, here or elsewhere', () => {
    const list = listOf(conversation('a', 1), conversation('b', 1));
    list.readHere('a', 5);
    list.apply({ type: 'read', conversationId: 'b', readSeq: 5 });
    list.apply({ type: 'read', conversationId: 'b', readSeq: 4 });
    for (const id of ['a', 'b']) expect(list.get(id)).toMatchObject({ readSeq: 5, unreadCount: 0 });
    expect(list.stale).toBe(false);
  });

  it('is asked for when it can not be told', () => {
    const list = listOf(conversation('a', 1), conversation('b', 1));
    list.apply({ type: 'read', conversationId: 'a', readSeq: 4 });
    list.apply({ type: 'messageDeleted', conversationId: 'b', seqs: [4], forEveryone: false });
    expect(list.wanted()).toEqual(['a', 'b']);
    list.merge([conversation('a', 1, { readSeq: 4, unreadCount: 1 })]);
    expect(list.get('a')).toMatchObject({ readSeq: 4, unreadCount: 1 });
    expect(list.wanted()).toEqual(['b']);
    list.giveUp(['b']);
    expect(list.stale).toBe(false);
  });

  it('is asked for when a cursor arrives that the servers did not have while more was said', () => {
    const list = listOf(conversation('a', 1));
    list.readHere('a', 5);
    list.merge([conversation('a', 9, { headSeq: 8, unreadCount: 5 })]);
    expect(list.get('a')).toMatchObject({ headSeq: 8, readSeq: 5, unreadCount: 3 });
    list.apply({ type: 'read', conversationId: 'a', readSeq: 5 });
    expect(list.wanted()).toEqual(['a']);
    list.merge([conversation('a', 9, { headSeq: 8, readSeq: 5, unreadCount: 2 })]);
    expect([list.get('a')?.unreadCount, list.stale]).toEqual([2, false]);
  });

  it('is not reset by what was read from a server before it knew', () => {
    const list = listOf(conversation('a', 1));
    list.readHere('a', 5);
    list.merge([conversation('a', 1)]);
    expect(list.get('a')).toMatchObject({ readSeq: 5, unreadCount: 0 });
    list.apply({ type: 'message', message: message('a', 6, 'a') });
    list.merge([conversation('a', 1)]);
    expect(list.get('a')).toMatchObject({ headSeq: 6, readSeq: 5, unreadCount: 1, lastMessage: { seq: 6 } });
  });
});

describe('a conversation that is not in the list', () => {
  it('is asked for, until it is there', () => {
    const list = listOf(conversation('a', 1));
    list.apply({ type: 'message', message: message('b', 6, 'b') });
    expect(list.wanted()).toEqual(['b']);
    list.apply({ type: 'conversation', conversation: conversation('b', 6) });
    expect([list.stale, order(list)]).toEqual([false, ['b', 'a']]);
    expect(list.with('B')?.id).toBe('b');
  });
});

describe('deletions', () => {
  it('of the last message show in the list', () => {
    const list = listOf(conversation('a', 1), conversation('b', 1, { readSeq: 5, unreadCount: 0 }));
    list.apply({ type: 'messageDeleted', conversationId: 'a', seqs: [5], forEveryone: true });
    list.apply({ type: 'messageDeleted', conversationId: 'b', seqs: [5], forEveryone: false });
    expect(list.get('a')?.lastMessage).toMatchObject({ deleted: true, text: '' });
    expect(list.get('a')?.unreadCount).toBe(2);
    expect(list.get('b')?.lastMessage).toBeUndefined();
    expect(list.stale).toBe(false);
  });

  it('of an account close its conversation and take the name', () => {
    const list = listOf(conversation('a', 1));
    list.apply({ type: 'accountDeleted', conversationId: 'a', accountId: 'a' });
    expect(list.get('a')).toMatchObject({
      title: '',
      closed: true,
      members: [{ deleted: false }, { username: '', deleted: true }],
      lastMessage: { sender: '', senderDeleted: true },
    });
    expect(list.with('')).toBeUndefined();
  });
});
