import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageWindow } from './message-window.js';
import type { Message } from './types.js';

function message(seq: number): Message {
  return {
    conversationId: 'c',
    seq,
    senderId: `s${seq % 2}`,
    sender: 'ann',
    senderDeleted: false,
    text: `text ${seq}`,
    createTime: seq,
    clientMessageId: String(seq),
    deleted: false,
  };
}

function messages(from: number, to: number): Message[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => message(from + i));
}

function shown({ state }: MessageWindow) {
  const seqs = state.messages.map(({ seq }) => seq);
  return { seqs, older: state.hasOlder, newer: state.hasNewer };
}

describe('MessageWindow', () => {
  it('appends what is new, gives up the oldest, and shows them again', () => {
    const window = new MessageWindow(4);
    window.showLatest(messages(7, 9), true);
    window.add(message(10));
    window.add(message(11));
    expect(shown(window)).toEqual({ seqs: [8, 9, 10, 11], older: true, newer: false });
    window.addOlder(messages(5, 7), true);
    expect(shown(window)).toEqual({ seqs: [5, 6, 7, 8], older: true, newer: true });
    window.add(message(12));
    expect(shown(window).seqs).toEqual([5, 6, 7, 8]);
    window.addNewer(messages(9, 12), false);
    expect(shown(window)).toEqual({ seqs: [9, 10, 11, 12], older: true, newer: false });
  });

  it('puts what is told late in its place, and shows nothing twice', () => {
    const window = new MessageWindow(9);
    window.showLatest(messages(1, 2), false);
    for (const seq of [4, 3, 4, 2, 5]) window.add(message(seq));
    expect(shown(window)).toEqual({ seqs: [1, 2, 3, 4, 5], older: false, newer: false });
    const partial = new MessageWindow(9);
    partial.showLatest(messages(5, 6), true);
    partial.add(message(3));
    expect(shown(partial).seqs).toEqual([5, 6]);
  });

  it('begins a conversation', () => {
    const window = new MessageWindow(9);
    window.add(message(1));
    expect(shown(window).seqs).toEqual([]);
    window.showLatest([], false);
    window.add(message(1));
    expect(shown(window)).toEqual({ seqs: [1], older: false, newer: false });
  });

  it('hides, empties and unnames messages, and is the same when none is concerned', () => {
    const window = new MessageWindow(9);
    window.showLatest(messages(1, 4), false);
    window.delete([1, 9], false);
    window.delete([3], true);
    window.deleteSender('s0');
    expect(
      window.state.messages.map(({ seq, text, deleted, sender }) => [seq, text, deleted, sender]),
    ).toEqual([
      [2, 'text 2', false, ''],
      [3, '', true, 'ann'],
      [4, 'text 4', false, ''],
    ]);
    const before = window.state;
    window.delete([7], true);
    window.deleteSender('s9');
    expect(window.state).toBe(before);
  });

  it('is a part of the conversation without a gap, and no longer than its limit, whatever is loaded', () => {
    const step = fc.constantFrom('older', 'newer', 'latest', 'said');
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 3, max: 12 }), (steps, limit) => {
        const window = new MessageWindow(limit);
        let head = 20;
        const load = (from: number, to: number) => messages(Math.max(1, from), Math.min(head, to));
        window.showLatest(load(head - 2, head), true);
        for (const one of steps) {
          const first = window.state.messages[0]?.seq ?? 0;
          const last = window.state.messages.at(-1)?.seq ?? 0;
          if (one === 'older') window.addOlder(load(first - 3, first - 1), first > 4);
          if (one === 'newer') window.addNewer(load(last + 1, last + 3), last + 3 < head);
          if (one === 'latest') window.showLatest(load(head - 2, head), true);
          if (one === 'said') window.add(message((head += 1)));
          const { seqs, newer, older } = shown(window);
          expect(seqs.length).toBeLessThanOrEqual(limit);
          expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
          if (!newer) expect(seqs.at(-1)).toBe(head);
          if (!older) expect(seqs[0]).toBe(1);
        }
      }),
    );
  });
});
