import { expect, it } from 'vitest';
import type { OutboxEntry } from '../client/outbox-item.js';
import type { TimelineSnapshot } from '../client/timeline.js';
import type { Message } from '../client/types.js';
import { MessageBlocks } from './message-blocks.js';
import type { BlockOptions } from './message-blocks.js';
import { columnsOfRow } from './row.js';

const noon = new Date(2026, 10, 24, 12, 0).getTime();
const day = 86_400_000;

function message(seq: number, text: string, more: Partial<Message> = {}): Message {
  const sent = { conversationId: 'c', seq, text, createTime: noon, clientMessageId: `id ${seq}` };
  return { ...sent, senderId: 'B', sender: 'ben', senderDeleted: false, deleted: false, ...more };
}

function entry(state: OutboxEntry['state'], problem?: OutboxEntry['problem']): OutboxEntry {
  const target = { username: 'ben' };
  const rest = { key: 'k', clientMessageId: 'x', text: 'waiting', addTime: noon, tried: false };
  return { ...rest, target, state, problem };
}

/** The rows of all blocks, one string each. */
function shown(snapshot: Partial<TimelineSnapshot>, options: Partial<BlockOptions> = {}): string[] {
  const nothing = { messages: [], pending: [], hasOlder: false, hasNewer: false, loading: false };
  const all = {
    columns: 30,
    accountId: 'A',
    username: 'ann',
    fresh: undefined,
    selected: undefined,
    ...options,
  };
  const blocks = new MessageBlocks(
    { conversation: undefined, problem: undefined, ...nothing, ...snapshot },
    all,
  );
  const rows = Array.from({ length: blocks.count }, (_, i) => blocks.rowsAt(i)).flat();
  for (const row of rows) expect(columnsOfRow(row)).toBeLessThanOrEqual(all.columns);
  return rows.map((row) => row.map(({ text }) => text).join(''));
}

it('shows messages with their time, broken into rows below each other, and the days between them', () => {
  const messages = [
    message(1, 'a text that is longer than one row'),
    message(2, 'mine\nlines', { senderId: 'A', sender: 'ann', createTime: noon + day }),
  ];
  expect(shown({ messages })).toEqual([
    ' The beginning.',
    '─ Tuesday, 24 November 2026 ──',
    ' 12:00 ben: a text that is ',
    '       longer than one row',
    '─ Wednesday, 25 November 2026 ',
    ' 12:00 ann: mine',
    '       lines',
  ]);
});

it('says nothing at the top that would go when older messages are loaded', () => {
  const messages = [message(5, 'five'), message(6, 'six')];
  const fresh = { from: 2, to: 6 };
  expect(shown({ messages, hasOlder: true }, { fresh })).toEqual([' 12:00 ben: five', ' 12:00 ben: six']);
});

it('marks where what is new begins, and what is selected', () => {
  const messages = [
    message(1, 'old'),
    message(2, 'own', { senderId: 'A', sender: 'ann' }),
    message(3, 'new'),
  ];
  const rows = shown({ messages, hasOlder: true }, { fresh: { from: 2, to: 3 }, selected: '1' });
  expect(rows).toEqual(['▌12:00 ben: old', ' 12:00 ann: own', `─ new ${'─'.repeat(24)}`, ' 12:00 ben: new']);
});

it('shows what is gone, and whose account is', () => {
  const deleted = message(1, '', { deleted: true });
  const orphan = message(2, 'text', { sender: '', senderDeleted: true });
  const rows = shown({ messages: [deleted, orphan], hasOlder: true });
  expect(rows).toEqual([' 12:00 ben: (deleted)', ' 12:00 (deleted account):', '       text']);
});

it('shows what is on its way, and why it was not sent', () => {
  const why = { reason: 'X', message: 'No server.\u001b[2J' };
  const all = [
    { hasOlder: true, pending: [entry('sending')] },
    { hasOlder: true, hasNewer: true, pending: [entry('waiting', why)] },
    { hasOlder: true, pending: [entry('refused', why)] },
  ];
  expect(all.map((snapshot) => shown(snapshot).slice(1))).toEqual([
    [' send… ann: waiting'],
    [' wait… ann: waiting', '       Not sent yet: No ', '       server.␛[2J'],
    [' error ann: waiting', '       Not sent: No ', '       server.␛[2J'],
  ]);
});

it('says that messages follow, and does not show after them what is sent later', () => {
  const snapshot = {
    messages: [message(1, 'one')],
    hasOlder: true,
    hasNewer: true,
    pending: [entry('sending')],
  };
  expect(shown(snapshot)).toEqual([' 12:00 ben: one', '       more messages follow …']);
});

it('says why nothing could be loaded', () => {
  const problem = { message: 'No server can be reached.' } as TimelineSnapshot['problem'];
  expect(shown({ problem, hasOlder: true })[0]).toBe(' Messages can not be loaded: ');
});

it('finds where a message would be that is gone', () => {
  const snapshot = { messages: [message(3, 'a'), message(7, 'b')], hasOlder: true, hasNewer: false };
  const blocks = new MessageBlocks(
    { ...snapshot, pending: [], loading: false, conversation: undefined, problem: undefined },
    { columns: 30, accountId: 'A', username: 'ann', fresh: undefined, selected: undefined },
  );
  expect([blocks.find('3'), blocks.find('5'), blocks.find('9')]).toEqual([1, 2, undefined]);
});
