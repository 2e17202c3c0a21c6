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

it('knows what is left out before the last unread message that was shown, also when there are more pages', () => {
  const unread = (...seqs: number[]) =>
    three().call(
      'ann',
      4,
      { op: 'listUnread', size: 1, page },
      { messages: seqs.map((seq) => said('ben', seq)), more: true },
    ).found;
  expect(unread(2)).toEqual([]);
  expect(unread(3)).toEqual(['G6 unread-missing']);
});

it('knows a read cursor that a stream has told of and a list has lost', () => {
  const told = three()
    .call('ann', [3.5, Infinity], mark(2))
    .stream('ann', 3.6, [[4, { kind: 'read', conversation: 'c', readSeq: 2 }]], { from: 'now' });
  expect(conversations(told, 5, {}).found).toEqual(['G6 cursor-back']);
});

it('knows a last message of another conversation', () => {
  const last = said('ben', 3, { conversation: 'd' });
  expect(conversations(three(), 6, { last }).found).toContain('G6 last-message');
});

it('knows an unread message that is left out between others, also when it was not known yet', () => {
  const send = { op: 'send' as const, to: '#c', text: 'text m4', clientMessageId: 'm4' };
  const story = three()
    .call('ben', [5, 20], send, { message: said('ben', 4) })
    .send('ben', 6, 5);
  const messages = [2, 3, 5].map((seq) => said('ben', seq));
  const unread = { op: 'listUnread' as const, size: 10, page };
  expect(story.call('ann', 8, unread, { messages, more: false }).found).toEqual(['G6 unread-missing']);
});

it('leaves it open what a run that was cut short has not seen of sends whose outcome is not known', () => {
  const cut = () => three().sendUnknown('ben', 4, 'm4').send('ben', 5, 5);
  const shown = (story: Story, unread: number) =>
    conversations(story, 6, { headSeq: 5, last: said('ben', 5), unread }).found;
  expect(shown(cut(), 3)).toEqual([]);
  expect(shown(cut(), 4)).toEqual([]);
  expect(shown(cut(), 5)).toEqual(['G6 unread-count']);
  // Once everybody has read everything, it would have been seen.
  expect(shown(cut().note(9, 'end'), 4)).toEqual(['G4 gap']);
  // Without such a send it can be nobody's.
  expect(shown(three().send('ben', 5, 5), 4)).toEqual(['G4 gap']);
});
