import { expect, it } from 'vitest';
import type { SeenConversation } from '../history/record.js';
import { Story, said } from './story.js';

const page = { listing: 'x', number: 0 };
const three = () => new Story().send('ann', 1, 1).send('ben', 2, 2).send('ben', 3, 3);
const mark = (seq: number) => ({ op: 'markRead' as const, conversation: 'c', seq });

function conversations(story: Story, at: number, more: Partial<SeenConversation>): Story {
  const conversation = {
    id: 'c',
    headSeq: 3,
    readSeq: 0,
    unread: 2,
    closed: false,
    last: said('ben', 3),
    ...more,
  };
  const list = { op: 'listConversations' as const, size: 10, page };
  return story.call('ann', at, list, { conversations: [conversation], more: false });
}

it('finds nothing where all is well', () => {
  const story = conversations(three(), 4, {}).call('ann', 5, mark(2), { readSeq: 2 });
  expect(conversations(story, 6, { readSeq: 2, unread: 1 }).found).toEqual([]);
});

it('knows a read cursor that goes back, or where nobody has moved it', () => {
  const read = () => three().call('ann', 5, mark(3), { readSeq: 3 });
  expect(conversations(read(), 6, { readSeq: 2, unread: 1 }).found).toEqual(['G6 cursor-back']);
  expect(read().call('ann', 6, mark(2), { readSeq: 2 }).found).toEqual(['G6 cursor-back']);
  expect(conversations(three(), 6, { readSeq: 2, unread: 1 }).found).toEqual(['G6 cursor-ahead']);
});

it('knows a wrong count, and a last message that is not the last', () => {
  expect(conversations(three(), 6, { unread: 1 }).found).toEqual(['G6 unread-count']);
  expect(conversations(three(), 6, { unread: 3 }).found).toEqual(['G6 unread-count']);
  expect(conversations(three(), 6, { last: said('ben', 2) }).found).toEqual(['G6 last-message']);
});

it('knows what is wrong with a list of unread messages', () => {
  const unread = (story: Story, at: number, ...seqs: number[]) =>
    story.call(
      'ann',
      at,
      { op: 'listUnread', size: 10, page },
      {
        messages: seqs.map((seq) => said(seq === 1 ? 'ann' : 'ben', seq)),
        more: false,
      },
    ).found;
  // She is known to be in it, as she has sent.
  expect(unread(three(), 4, 2, 3)).toEqual([]);
  expect(unread(three(), 4, 2)).toEqual(['G6 unread-missing']);
  expect(unread(three(), 4, 1, 2, 3)).toEqual(['G6 unread-own']);
  expect(unread(three(), 4, 3, 2)).toEqual(['G6 unread-order']);
  expect(unread(three(), 4, 2, 2, 3)).toEqual(['G6 unread-twice']);
  expect(unread(three().call('ann', 4, mark(2), { readSeq: 2 }), 5, 2, 3)).toEqual(['G6 unread-read']);
  const hide = { op: 'deleteMessages' as const, conversation: 'c', seqs: [2], forEveryone: false };
  expect(unread(three().call('ann', 4, hide), 5, 2, 3)).toEqual(['G6 unread-hidden']);
  expect(unread(three().call('ann', 4, hide), 5, 3)).toEqual([]);
});

it('knows a conversation that stays open after an account of it was deleted (G8)', () => {
  const over = () => three().call('ben', 5, { op: 'deleteAccount', username: 'ben', password: '' });
  expect(conversations(over(), 6, { closed: true }).found).toEqual([]);
  expect(conversations(over(), 6, {}).found).toEqual(['G8 closed']);
  expect(over().send('ann', 6, 4).found).toEqual(['G8 closed']);
});
