import { expect, it } from 'vitest';
import { Story, said } from './story.js';

type Request = Parameters<Story['call']>[2];

const two = () => new Story().send('ann', 1, 1).send('ben', 2, 2);
const refused = (story: Story, who: string, request: Request, reason: string) =>
  story.call(who, 5, request, {}, { outcome: 'refused', reason }).found;
const send = { op: 'send' as const, to: '#c', text: 'one', clientMessageId: 'x' };
const remove = (...seqs: number[]) => ({
  op: 'deleteMessages' as const,
  conversation: 'c',
  seqs,
  forEveryone: true,
});

it('knows a number that was known and is denied (G6)', () => {
  expect(refused(two(), 'ann', { ...send, knownSeq: 2 }, 'KNOWN_SEQ_NOT_FOUND')).toEqual(['G6 denied']);
  expect(refused(two(), 'ann', { ...send, knownSeq: 3 }, 'KNOWN_SEQ_NOT_FOUND')).toEqual([]);
  const mark = (seq: number) => ({ op: 'markRead' as const, conversation: 'c', seq });
  expect(refused(two(), 'ann', mark(2), 'MESSAGE_NOT_FOUND')).toEqual(['G6 denied']);
  expect(refused(two(), 'ann', mark(3), 'MESSAGE_NOT_FOUND')).toEqual([]);
  expect(refused(two(), 'ann', remove(1), 'MESSAGE_NOT_FOUND')).toEqual(['G6 denied']);
  expect(refused(two(), 'ann', remove(1, 3), 'MESSAGE_NOT_FOUND')).toEqual([]);
});

it('knows a conversation and a sender that are denied (G6)', () => {
  expect(refused(two(), 'ann', send, 'CONVERSATION_NOT_FOUND')).toEqual(['G6 denied']);
  // Who is in no such conversation is told so.
  expect(refused(two(), 'eve', send, 'CONVERSATION_NOT_FOUND')).toEqual([]);
  expect(refused(two(), 'ann', remove(1), 'NOT_THE_SENDER')).toEqual(['G6 denied']);
  expect(refused(two(), 'ann', remove(1, 2), 'NOT_THE_SENDER')).toEqual([]);
});

it('knows an id that is called used, though it was used for no other text (G3)', () => {
  const reason = 'CLIENT_MESSAGE_ID_REUSED';
  expect(refused(two(), 'ann', send, reason)).toEqual(['G3 denied']);
  const other = { ...send, text: 'two' };
  expect(refused(two().call('ann', [3, Infinity], other), 'ann', send, reason)).toEqual([]);
  const never = { outcome: 'refused', reason: 'NOT_CONNECTED' } as const;
  expect(refused(two().call('ann', 3, other, {}, never), 'ann', send, reason)).toEqual(['G3 denied']);
});

it('knows a conversation that is called closed, though nobody was deleted (G8)', () => {
  expect(refused(two(), 'ann', send, 'CONVERSATION_CLOSED')).toEqual(['G8 closed-early']);
  const leave = { op: 'deleteAccount' as const, username: 'ben', password: '' };
  expect(refused(two().call('ben', [3, Infinity], leave), 'ann', send, 'CONVERSATION_CLOSED')).toEqual([]);
  const seen = { id: 'c', headSeq: 2, readSeq: 0, unread: 1, closed: true, last: said('ben', 2) };
  const page = { listing: 'x', number: 0 };
  const list = { op: 'listConversations' as const, size: 10, page };
  expect(two().call('ann', 5, list, { conversations: [seen], more: false }).found).toEqual([
    'G8 closed-early',
  ]);
});
