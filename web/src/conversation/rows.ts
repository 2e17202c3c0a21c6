import type { OutboxEntry } from '../../../src/client/outbox-item.js';
import type { Message, Time } from '../../../src/client/types.js';
import { isSameDay } from '../ui/times.js';

/** Messages of one sender that follow each other closely stand as a group. */
export type Place = { readonly first: boolean; readonly last: boolean };

export type Row =
  | { readonly kind: 'day'; readonly key: string; readonly time: Time }
  /** Above the first message that was not read when the conversation was opened. */
  | { readonly kind: 'new'; readonly key: string }
  | { readonly kind: 'message'; readonly key: string; readonly message: Message; readonly place: Place }
  | { readonly kind: 'pending'; readonly key: string; readonly entry: OutboxEntry; readonly place: Place };

/** Milliseconds between two messages of a group. */
const closely = 5 * 60_000;

export type RowsInput = {
  readonly messages: readonly Message[];
  /** There may be messages before the first one. */
  readonly hasOlder: boolean;
  readonly pending: readonly OutboxEntry[];
  /** The reader. */
  readonly accountId: string;
  /** Others' messages after this number are new; undefined for none. */
  readonly newAfter: number | undefined;
};

/** What a conversation shows from top to bottom. Keys stay while a row is the same one. */
export function rowsOf({ messages, hasOlder, pending, accountId, newAfter }: RowsInput): readonly Row[] {
  const rows: Row[] = [];
  // Where there may be new ones before those that are loaded, it is not known which one is the first.
  const reached = !hasOlder || (messages[0]?.seq ?? 0) <= (newAfter ?? 0) + 1;
  const firstNew = messages.find(
    ({ seq, senderId }) => newAfter !== undefined && reached && seq > newAfter && senderId !== accountId,
  );
  const lines = [
    ...messages.map((message) => ({ message, senderId: message.senderId, time: message.createTime })),
    ...pending.map((entry) => ({ entry, senderId: accountId, time: entry.addTime })),
  ];
  // A clock here that is behind the servers' must not go back in the middle of a conversation.
  let latest = 0;
  const times = lines.map(({ time }) => (latest = Math.max(latest, time)));
  const belongs = (at: number) => {
    const [before, line] = [lines[at - 1], lines[at]];
    const [then, now] = [times[at - 1] ?? 0, times[at] ?? 0];
    const divided = line !== undefined && 'message' in line && line.message === firstNew;
    return (
      before?.senderId === line?.senderId &&
      now - then < closely &&
      isSameDay(then, now) &&
      !divided &&
      at > 0
    );
  };
  lines.forEach((line, at) => {
    const time = times[at] ?? line.time;
    const before = times[at - 1];
    if (before === undefined || !isSameDay(before, time)) {
      // The first message names the day, so that it moves when older ones of that day are loaded above it.
      rows.push({ kind: 'day', key: `day ${dayKey(time)}`, time });
    }
    const place = { first: !belongs(at), last: at + 1 === lines.length || !belongs(at + 1) };
    if ('message' in line) {
      const { message } = line;
      if (message === firstNew) rows.push({ kind: 'new', key: 'new' });
      rows.push({
        kind: 'message',
        key: `message ${message.clientMessageId} ${message.senderId}`,
        message,
        place,
      });
    } else {
      const { entry } = line;
      rows.push({ kind: 'pending', key: `message ${entry.clientMessageId} ${accountId}`, entry, place });
    }
  });
  return rows;
}

function dayKey(time: Time): string {
  const day = new Date(time);
  return `${day.getFullYear()}-${day.getMonth()}-${day.getDate()}`;
}
