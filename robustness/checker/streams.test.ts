import { expect, it } from 'vitest';
import type { StreamEvent } from '../history/record.js';
import { Story, gone, said } from './story.js';

const three = () => new Story().send('ann', 1, 1).send('ann', 20, 2).send('ann', 30, 3);
const message = (seq: number): StreamEvent => ({ kind: 'message', message: said('ann', seq) });
const alive: StreamEvent = { kind: 'heartbeat' };
const end = (story: Story) => story.note(40, 'calm').note(50, 'final reads');

it('finds nothing where all is well', () => {
  const whole: [number, StreamEvent][] = [
    [11, alive],
    [12, message(1)],
    [21, message(2)],
    [31, message(3)],
  ];
  expect(end(three().stream('ben', 10, whole)).found).toEqual([]);
  expect(
    end(
      three().stream(
        'ann',
        10,
        [
          [11, alive],
          [21, message(2)],
          [31, message(3)],
        ],
        { from: 'now' },
      ),
    ).found,
  ).toEqual([]);
});

it('goes on from one stream to the next', () => {
  const broken = () =>
    three().stream(
      'ben',
      10,
      [
        [11, message(1)],
        [21, message(2)],
      ],
      { end: 22 },
    );
  const resumed = (seq: number) => broken().stream('ben', 25, [[31, message(seq)]], { from: 'token' });
  expect(end(resumed(3)).found).toEqual([]);
  expect(resumed(2).found).toEqual(['G5 again']);
  expect(
    broken()
      .send('ann', 35, 4)
      .stream('ben', 36, [[37, message(4)]], { from: 'token' }).found,
  ).toEqual(['G5 gap']);
});

it('knows a gap, a double and a wrong order', () => {
  expect(
    three().stream('ben', 10, [
      [11, message(1)],
      [31, message(3)],
    ]).found,
  ).toEqual(['G5 gap']);
  expect(three().stream('ben', 10, [[31, message(2)]]).found).toEqual(['G5 gap']);
  expect(
    three().stream('ben', 10, [
      [11, message(1)],
      [12, message(1)],
    ]).found,
  ).toEqual(['G5 again']);
  expect(
    three().stream('ben', 10, [
      [30, alive],
      [31, message(1)],
      [32, message(2)],
      [33, message(3)],
      [34, message(2)],
    ]).found,
  ).toEqual(['G5 again']);
});

it('lets a stream that begins now leave out what was there, and nothing that came after it had begun', () => {
  const now = { from: 'now' as const };
  expect(
    three().stream(
      'ann',
      10,
      [
        [11, alive],
        [31, message(3)],
      ],
      now,
    ).found,
  ).toEqual(['G5 gap']);
  expect(
    three().stream(
      'ann',
      10,
      [
        [25, alive],
        [31, message(3)],
      ],
      now,
    ).found,
  ).toEqual([]);
  expect(three().stream('ann', 10, [[11, message(1)]], now).found).toEqual(['G5 old']);
});

it('knows what never comes', () => {
  const short = three().stream('ann', 10, [
    [11, message(1)],
    [21, message(2)],
  ]);
  expect(end(short).found).toEqual(['G5 missing']);
});

it('lets what was deleted for oneself be missing', () => {
  const hide = { op: 'deleteMessages' as const, conversation: 'c', seqs: [2], forEveryone: false };
  const story = three()
    .call('ben', 22, hide)
    .stream('ben', 25, [
      [31, message(1)],
      [32, message(3)],
    ]);
  expect(story.found).toEqual([]);
});

it('knows a deletion that is not told, one that nobody made, and a text that comes after it (G8)', () => {
  const remove = { op: 'deleteMessages' as const, conversation: 'c', seqs: [2], forEveryone: true };
  const told: StreamEvent = { kind: 'deleted', conversation: 'c', seqs: [2], forEveryone: true };
  const story = () => three().call('ann', 33, remove);
  const all: [number, StreamEvent][] = [
    [31, message(1)],
    [32, message(2)],
    [32.5, message(3)],
  ];
  expect(end(story().stream('ann', 10, [...all, [34, told]])).found).toEqual([]);
  expect(end(story().stream('ann', 10, all)).found).toEqual(['G5 deletion-missing']);
  expect(three().stream('ann', 10, [...all, [34, told]]).found).toEqual(['G8 not-deleted']);
  const early: [number, StreamEvent][] = [
    [34, message(1)],
    [34.5, told],
    [35, message(2)],
  ];
  expect(story().stream('ann', 10, early).found).toEqual(['G8 came-back']);
  const late: StreamEvent = { kind: 'message', message: gone('ann', 2) };
  expect(
    story().stream('ann', 10, [
      [34, message(1)],
      [35, late],
    ]).found,
  ).toEqual([]);
});

it('knows a read cursor that goes back', () => {
  const mark = (seq: number) => ({ op: 'markRead' as const, conversation: 'c', seq });
  const moved = (readSeq: number): StreamEvent => ({ kind: 'read', conversation: 'c', readSeq });
  const story = () => three().call('ben', 32, mark(3), { readSeq: 3 });
  expect(
    story().stream('ben', 10, [
      [33, moved(3)],
      [34, moved(3)],
    ]).found,
  ).toEqual([]);
  expect(
    story().stream('ben', 10, [
      [33, moved(3)],
      [34, moved(2)],
    ]).found,
  ).toEqual(['G5 cursor-back']);
  expect(story().stream('ben', 10, [[31, moved(3)]]).found).toEqual(['G5 cursor-ahead']);
});

it('lets what came without a token come again, once, and on the next stream only', () => {
  const untold = (seq: number) => [message(seq), false] as const;
  const story = () => new Story().send('ann', 1, 1).send('ann', 2, 2);
  const twice = story().streamOf('ben', 10, [untold(1), untold(2), untold(1)]);
  expect(twice.found).toEqual(['G5 again']);
  const broken = () => story().streamOf('ben', 10, [[alive, true], untold(1), untold(2)]);
  const resumed = (...events: (readonly [StreamEvent, boolean])[]) =>
    broken().streamOf('ben', 20, [[alive, true], ...events], { from: 'token' });
  expect(resumed(untold(1), untold(2)).found).toEqual([]);
  expect(resumed(untold(1), untold(1)).found).toEqual(['G5 again']);
  // A stream that broke before anything came again changes nothing.
  expect(resumed().streamOf('ben', 30, [untold(1), untold(2)], { from: 'token' }).found).toEqual([]);
  // By cursors it is told what was received, with a token or without.
  const byCursor = (seq: number) =>
    broken().streamOf('ben', 20, [untold(2)], { from: 'cursors', cursors: { c: seq } }).found;
  expect(byCursor(1)).toEqual([]);
  expect(byCursor(2)).toEqual(['G5 again']);
});

it('excuses by a resync only what was deleted before it (G5)', () => {
  const remove = { op: 'deleteMessages' as const, conversation: 'c', seqs: [2], forEveryone: true };
  const resync = (conversation: string): StreamEvent => ({ kind: 'resync', conversation });
  const found = (at: number, conversation = '') =>
    end(
      three()
        .call('ann', 33, remove)
        .stream('ann', 10, [
          [31, message(1)],
          [32, message(2)],
          [32.5, message(3)],
          [at, resync(conversation)],
        ]),
    ).found;
  expect(found(34)).toEqual([]);
  expect(found(34, 'c')).toEqual([]);
  expect(found(34, 'd')).toEqual(['G5 deletion-missing']);
  expect(found(32.8)).toEqual(['G5 deletion-missing']);
});

it('knows what the own account has deleted or read, and is never told on a stream', () => {
  const hide = { op: 'deleteMessages' as const, conversation: 'c', seqs: [2], forEveryone: false };
  const all: [number, StreamEvent][] = [1, 2, 3].map((seq) => [31 + seq / 10, message(seq)]);
  const hidden: StreamEvent = { kind: 'deleted', conversation: 'c', seqs: [2], forEveryone: false };
  const story = () => three().call('ben', 33, hide);
  expect(end(story().stream('ben', 10, [...all, [34, hidden]])).found).toEqual([]);
  expect(end(story().stream('ben', 10, all)).found).toEqual(['G5 hide-missing']);
  const mark = (seq: number) => ({ op: 'markRead' as const, conversation: 'c', seq });
  const read = () => three().call('ben', 33, mark(2), { readSeq: 2 });
  expect(end(read().stream('ben', 10, all)).found).toEqual(['G5 read-missing']);
  const told: StreamEvent = { kind: 'read', conversation: 'c', readSeq: 2 };
  expect(end(read().stream('ben', 10, [...all, [34, told]])).found).toEqual([]);
  // It has not moved, or had before the stream began.
  const again = read().call('ben', 35, mark(1), { readSeq: 2 });
  expect(end(again.stream('ben', 10, [...all, [34, told]])).found).toEqual([]);
  expect(end(read().stream('ben', 34, [[34.5, alive]], { from: 'now' })).found).toEqual([]);
});

it('knows an account that is told to be deleted, and a conversation that is shown wrong', () => {
  const over: StreamEvent = { kind: 'accountDeleted', conversation: 'c', account: 'ann' };
  expect(three().stream('ben', 31, [[32, over]], { from: 'now' }).found).toEqual(['G8 not-deleted']);
  const leave = { op: 'deleteAccount' as const, username: 'ann', password: '' };
  const left = three().call('ann', [31, Infinity], leave);
  expect(left.stream('ben', 31, [[32, over]], { from: 'now' }).found).toEqual([]);
  const shown = (headSeq: number, readSeq: number): StreamEvent => ({
    kind: 'conversation',
    conversation: { id: 'c', headSeq, readSeq, unread: 0, closed: false },
  });
  const told = (event: StreamEvent) => three().stream('ben', 31, [[32, event]], { from: 'now' }).found;
  expect(told(shown(3, 0))).toEqual([]);
  expect(told(shown(4, 0))).toEqual(['G5 future']);
  expect(told(shown(3, 2))).toEqual(['G5 cursor-ahead']);
});
