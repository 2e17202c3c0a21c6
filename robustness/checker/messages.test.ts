import { expect, it } from 'vitest';
import { Story, gone, said } from './story.js';

const wholeDay = () =>
  new Story()
    .send('ann', 1, 1)
    .send('ben', [2, 4], 2)
    .send('ann', [3, 5], 3)
    .list('ben', 6, [said('ann', 3), said('ben', 2), said('ann', 1)]);

it('finds nothing where all is well', () => {
  expect(wholeDay().found).toEqual([]);
  // An unknown send may be there, or not.
  expect(wholeDay().sendUnknown('ann', 7, 'm4').found).toEqual([]);
  const there = wholeDay().sendUnknown('ann', 7, 'm4');
  expect(
    there.list(
      'ben',
      8,
      [4, 3, 2, 1].map((seq) => said(seq === 2 ? 'ben' : 'ann', seq)),
    ).found,
  ).toEqual([]);
});

it('knows a message that is lost (G1)', () => {
  const story = new Story()
    .send('ann', 1, 1)
    .send('ann', 2, 2)
    .note(3, 'final reads')
    .list('ben', 4, [said('ann', 1)]);
  expect(story.found).toContain('G1 lost');
});

it('knows a message that another has taken the place of (G1)', () => {
  const story = wholeDay().list('ann', 7, [
    said('ann', 3),
    said('ben', 2, { clientMessageId: 'other' }),
    said('ann', 1),
  ]);
  expect(story.found).toContain('G1 replaced');
  expect(
    wholeDay().list('ann', 7, [said('ann', 3), said('ben', 2, { text: 'other' }), said('ann', 1)]).found,
  ).toEqual(['G1 changed']);
});

it('knows a message that is stored twice (G3)', () => {
  const twice = new Story().send('ann', 1, 1, 'x').send('ann', 2, 2, 'x');
  expect(twice.found).toContain('G3 doubled');
  const lost = new Story().sendUnknown('ann', 1, 'x').send('ann', 2, 2, 'x');
  const messages = [said('ann', 2, { clientMessageId: 'x' }), said('ann', 1, { clientMessageId: 'x' })];
  expect(lost.list('ben', 3, messages).found).toContain('G3 doubled');
});

it('knows an id that was taken for two texts, and an answer with another message (G3)', () => {
  const story = new Story().send('ann', 1, 1, 'x', 'one').send('ann', 2, 1, 'x', 'two');
  expect(story.found).toContain('G3 reused');
  const request = { op: 'send' as const, to: '#c', text: 'text y', clientMessageId: 'y' };
  expect(new Story().send('ann', 1, 1).call('ann', 2, request, { message: said('ann', 1) }).found).toContain(
    'G3 answer',
  );
});

it('knows a message that nobody has sent, that came before it was sent, and that was refused', () => {
  expect(new Story().send('ann', 1, 1).list('ben', 2, [said('ben', 2), said('ann', 1)]).found).toContain(
    'G4 invented',
  );
  const early = new Story().list('ben', 1, [said('ann', 1)]).send('ann', 2, 1);
  expect(early.found).toContain('G4 invented');
  const request = { op: 'send' as const, to: '#c', text: 'text m1', clientMessageId: 'm1' };
  const refused = new Story().call(
    'ann',
    1,
    request,
    {},
    { outcome: 'refused', reason: 'STORE_UNAVAILABLE' },
  );
  expect(refused.list('ben', 2, [said('ann', 1)]).found).toEqual(['G9 refused-and-done']);
});

it('knows a gap, and messages in another order than they were sent in (G4)', () => {
  expect(new Story().send('ann', 1, 1).send('ann', 2, 3).found).toContain('G4 gap');
  // m2 was acknowledged before m1 was sent.
  expect(new Story().send('ann', 1, 2).send('ann', 2, 1).found).toContain('G4 reordered');
});

it('knows a time that goes back, and one that changes (G4)', () => {
  const sent = () => new Story().sendUnknown('ann', 1, 'm1').sendUnknown('ann', 2, 'm2');
  const back = [said('ann', 2, { createTime: 8 }), said('ann', 1, { createTime: 9 })];
  expect(sent().list('ben', 3, back).found).toEqual(['G4 time']);
  expect(
    wholeDay().list('ben', 7, [said('ann', 3, { createTime: 9 }), said('ben', 2), said('ann', 1)]).found,
  ).toEqual(['G4 time']);
});

it('knows a stale read, of messages and of heads (G6)', () => {
  expect(wholeDay().list('ben', 7, [said('ben', 2), said('ann', 1)]).found).toEqual(
    ['G4 head', 'G6 stale'].slice(1),
  );
  const conversation = { id: 'c', headSeq: 2, readSeq: 0, unread: 1, closed: false, last: said('ben', 2) };
  const page = { listing: 'x', number: 0 };
  const list = { op: 'listConversations' as const, size: 10, page };
  expect(wholeDay().call('ann', 7, list, { conversations: [conversation], more: false }).found).toEqual([
    'G4 head',
    'G6 stale-head',
  ]);
  expect(wholeDay().call('ann', 7, list, { conversations: [], more: false }).found).toEqual([
    'G6 conversation-missing',
  ]);
});

it('lets a reader miss what it has deleted for itself, and only that (G8)', () => {
  const hide = { op: 'deleteMessages' as const, conversation: 'c', seqs: [2], forEveryone: false };
  const story = wholeDay().call('ann', 7, hide);
  expect(story.list('ann', 8, [said('ann', 3), said('ann', 1)]).found).toEqual([]);
  expect(story.list('ben', 9, [said('ann', 3), said('ann', 1)]).found).toEqual(['G6 stale']);
  const shown = wholeDay()
    .call('ann', 7, hide)
    .list('ann', 8, [said('ann', 3), said('ben', 2), said('ann', 1)]);
  expect(shown.found).toEqual(['G8 hidden-shown']);
});

it('knows a deleted message that comes back, one that nobody has deleted, and another deleter than its sender (G8)', () => {
  const remove = { op: 'deleteMessages' as const, conversation: 'c', seqs: [3], forEveryone: true };
  const deleted = () => wholeDay().call('ann', 7, remove);
  const after = [gone('ann', 3), said('ben', 2), said('ann', 1)];
  expect(deleted().list('ben', 8, after).found).toEqual([]);
  expect(deleted().list('ben', 8, [said('ann', 3), said('ben', 2), said('ann', 1)]).found).toEqual([
    'G8 came-back',
  ]);
  expect(wholeDay().list('ben', 8, after).found).toEqual(['G8 not-deleted']);
  expect(wholeDay().call('ben', 7, remove).found).toEqual(['G8 not-the-sender']);
  // Once somebody has seen it gone, nobody sees it again, also when the deletion itself was not answered.
  const unknown = wholeDay().call('ann', [7, Infinity], remove).list('ben', 8, after);
  expect(unknown.found).toEqual([]);
  expect(unknown.list('ann', 9, [said('ann', 3), said('ben', 2), said('ann', 1)]).found).toEqual([
    'G8 came-back',
  ]);
});

it('knows a page that leaves something out, and one in the wrong order', () => {
  expect(wholeDay().list('ann', 8, [said('ann', 3), said('ann', 1)]).found).toEqual(['G6 stale']);
  expect(wholeDay().list('ann', 8, [said('ben', 2), said('ann', 3), said('ann', 1)]).found).toContain(
    'G4 page',
  );
});

it('does not take what another than the sender tries for its deletion (G8)', () => {
  const remove = { op: 'deleteMessages' as const, conversation: 'c', seqs: [3], forEveryone: true };
  const tried = wholeDay().call('ben', [7, Infinity], remove);
  expect(tried.list('ben', 8, [gone('ann', 3), said('ben', 2), said('ann', 1)]).found).toEqual([
    'G8 not-deleted',
  ]);
});

it('knows a text that comes back after a stream has told of its deletion (G8)', () => {
  const remove = { op: 'deleteMessages' as const, conversation: 'c', seqs: [3], forEveryone: true };
  const hide = { ...remove, forEveryone: false };
  const told = (forEveryone: boolean) =>
    wholeDay()
      .call('ann', [7, Infinity], forEveryone ? remove : hide)
      .stream('ann', 6.5, [[8, { kind: 'deleted', conversation: 'c', seqs: [3], forEveryone }]], {
        from: 'now',
      })
      .list('ann', 9, [said('ann', 3), said('ben', 2), said('ann', 1)]).found;
  expect(told(true)).toEqual(['G8 came-back']);
  expect(told(false)).toEqual(['G8 hidden-shown']);
});

it('knows a deletion of what nobody has ever seen (G8)', () => {
  const remove = { op: 'deleteMessages' as const, conversation: 'c', seqs: [4], forEveryone: true };
  expect(wholeDay().call('ann', 7, remove).note(8, 'final reads').found).toEqual(['G8 not-there']);
});

it('wants everything to be read at the end of a whole run, through every node (G1)', () => {
  const readThrough = (nodes: readonly number[], messages: Parameters<Story['list']>[2], after = 0) => {
    const story = new Story().send('ann', 1, 1).send('ann', 2, 2).note(3, 'final reads');
    for (const node of nodes) {
      const page = { listing: `last ${node}`, number: 0 };
      const request = { op: 'listMessages' as const, to: '#c', size: 100, page, after };
      story.call('ben', 4 + node, request, { messages, more: false }, { node });
    }
    return story;
  };
  const both = [said('ann', 1), said('ann', 2)];
  expect(readThrough([0, 1, 2, 3, 4], both).note(20, 'end').found).toEqual([]);
  // Nobody but the sender was ever shown what was acknowledged, not even that the conversation is there.
  expect(readThrough([], both).note(20, 'end').found).toEqual(['G1 lost']);
  expect(readThrough([0, 1, 3, 4], both).note(20, 'end').found).toEqual(['G1 lost']);
  expect(readThrough([0, 1, 2, 3, 4], both.slice(1), 1).note(20, 'end').found).toEqual(['G1 lost']);
  expect(readThrough([0, 1, 2, 3, 4], both.slice(0, 1)).note(20, 'end').found).toContain('G1 lost');
  // A run that was cut short has not come that far.
  expect(readThrough([0, 1], both).found).toEqual([]);
});

it('does not let a text come with a stream that was asked for after its deletion (G8)', () => {
  const remove = { op: 'deleteMessages' as const, conversation: 'c', seqs: [3], forEveryone: true };
  const all = [said('ann', 1), said('ben', 2), said('ann', 3)];
  const delivered = (start: number, forEveryone: boolean, messages = all) =>
    wholeDay()
      .call('ann', [7, 8], { ...remove, forEveryone })
      .stream(
        'ann',
        start,
        messages.map((message, i) => [start + 2 + i / 10, { kind: 'message', message }]),
      ).found;
  expect(delivered(9, true)).toEqual(['G8 came-back']);
  expect(delivered(9, false)).toEqual(['G8 hidden-shown']);
  // Asked for earlier, it may have been on its way.
  for (const start of [6.5, 7.5]) {
    expect(delivered(start, true)).toEqual([]);
    expect(delivered(start, false)).toEqual([]);
  }
  expect(delivered(9, true, [said('ann', 1), said('ben', 2), gone('ann', 3)])).toEqual([]);
  expect(delivered(9, false, all.slice(0, 2))).toEqual([]);
  const conversation = { id: 'c', headSeq: 3, readSeq: 0, unread: 0, closed: false };
  const last = (start: number, message: ReturnType<typeof said>) =>
    wholeDay()
      .call('ann', [7, 8], remove)
      .stream(
        'ben',
        start,
        [[9.5, { kind: 'conversation', conversation: { ...conversation, last: message } }]],
        {
          from: 'now',
        },
      ).found;
  expect(last(9, said('ann', 3))).toEqual(['G8 came-back']);
  expect(last(9, gone('ann', 3))).toEqual([]);
  expect(last(7.5, said('ann', 3))).toEqual([]);
});
