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
