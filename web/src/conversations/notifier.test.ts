import { expect, it } from 'vitest';
import type { ListedConversation } from '../../../src/client/conversation-list.js';
import { Notifier } from './notifier.js';

function conversation(id: string, headSeq: number, senderId = 'ben', unreadCount = 1): ListedConversation {
  const lastMessage = { seq: headSeq, senderId, deleted: false, text: 'hello' };
  return { id, headSeq, unreadCount, lastMessage } as ListedConversation;
}

it('tells what came in, once, and not what was there before or came from oneself', () => {
  const notifier = new Notifier('ann');
  const ids = (list: ListedConversation[]) => notifier.news(list).map(({ id }) => id);
  expect(ids([conversation('a', 3), conversation('b', 1)])).toEqual([]);
  expect(ids([conversation('a', 4), conversation('b', 1)])).toEqual(['a']);
  expect(ids([conversation('a', 4), conversation('b', 1)])).toEqual([]);
  expect(ids([conversation('a', 5, 'ann', 0), conversation('b', 2, 'ben', 0)])).toEqual([]);
  expect(ids([conversation('c', 1), conversation('a', 5)])).toEqual(['c']);
  expect(ids([conversation('c', 2), conversation('a', 5)])).toEqual(['c']);
});
