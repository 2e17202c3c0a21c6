import { expect, it } from 'vitest';
import type { OutboxEntry } from '../../../src/client/outbox-item.js';
import type { Message } from '../../../src/client/types.js';
import { rowsOf } from './rows.js';
import type { Row } from './rows.js';

const noon = new Date('2026-03-10T12:00:00').getTime();
const minute = 60_000;

function message(seq: number, senderId: string, after: number): Message {
  return { seq, senderId, createTime: noon + after * minute, clientMessageId: `m${seq}` } as Message;
}

function waiting(id: string, after: number): OutboxEntry {
  return { clientMessageId: id, addTime: noon + after * minute } as OutboxEntry;
}

const rows = (messages: Message[], pending: OutboxEntry[] = [], newAfter?: number, hasOlder = false) =>
  rowsOf({ messages, hasOlder, pending, accountId: 'ann', newAfter });

/** `(` and `)` around a group. */
const short = (all: readonly Row[]) =>
  all
    .map((row) => {
      if (row.kind === 'day' || row.kind === 'new') return row.kind;
      const name = row.kind === 'message' ? row.message.clientMessageId : row.entry.clientMessageId;
      return `${row.place.first ? '(' : ''}${name}${row.place.last ? ')' : ''}`;
    })
    .join(' ');

it('groups what one sender says in a row', () => {
  const all = [message(1, 'ben', 0), message(2, 'ben', 1), message(3, 'ann', 1), message(4, 'ann', 10)];
  expect(short(rows(all))).toBe('day (m1 m2) (m3) (m4)');
});

it('divides days by the calendar', () => {
  expect(short(rows([message(1, 'ben', 719), message(2, 'ben', 721)]))).toBe('day (m1) day (m2)');
});

it('puts the line above the first new message of another person', () => {
  const all = [message(1, 'ben', 0), message(2, 'ann', 1), message(3, 'ben', 2), message(4, 'ben', 2)];
  expect(short(rows(all, [], 1))).toBe('day (m1) (m2) new (m3 m4)');
  expect(short(rows(all, [], 3))).toBe('day (m1) (m2) (m3) new (m4)');
  expect(short(rows(all, [], 4))).toBe('day (m1) (m2) (m3 m4)');
});

it('has no line while older messages may be new too', () => {
  const all = [message(7, 'ben', 0), message(8, 'ben', 1)];
  expect(short(rows(all, [], 5, true))).toBe('day (m7 m8)');
  expect(short(rows(all, [], 5))).toBe('day new (m7 m8)');
  expect(short(rows(all, [], 6, true))).toBe('day new (m7 m8)');
});

it('goes on with what waits, whose row stays the same one when it is stored', () => {
  const before = rows([message(1, 'ann', 0)], [waiting('m2', 1), waiting('m3', 1)]);
  expect(short(before)).toBe('day (m1 m2 m3)');
  const after = rows([message(1, 'ann', 0), message(2, 'ann', 1)], [waiting('m3', 1)]);
  expect(after.map(({ key }) => key)).toEqual(before.map(({ key }) => key));
});

it('does not go back in time when the clock here is behind', () => {
  expect(short(rows([message(1, 'ann', 0)], [waiting('m2', -2_000)]))).toBe('day (m1 m2)');
});

it('has keys that differ', () => {
  const all = [message(1, 'ben', 0), { ...message(2, 'ann', 0), clientMessageId: 'm1' }];
  const keys = rows(all).map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
});
