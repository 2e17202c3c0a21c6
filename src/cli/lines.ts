import type { Message, Time } from '../client/types.js';
import { printable } from '../client/printable.js';

// What people read.

/** YYYY-MM-DD HH:MM, in the local time zone. */
export function localTime(time: Time): string {
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

export function messageLine(message: Message): string {
  const sender = message.senderDeleted ? '(deleted account)' : printable(message.sender);
  const text = message.deleted ? '(deleted)' : printable(message.text, true);
  const [first = '', ...rest] = text.split('\n');
  const head = `${String(message.seq).padStart(5)}  ${localTime(message.createTime)}  ${sender}: ${first}`;
  return [head, ...rest.map((line) => `       ${line}`)].join('\n');
}

const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** At most so many letters of one line, as people count them. */
export function shortened(text: string, length: number): string {
  // No letter is worth more than a few units: of a long text the start is enough.
  const shown = Array.from(letters.segment(text.slice(0, length * 20)), ({ segment }) => segment);
  return shown.length <= length ? text : `${shown.slice(0, length - 1).join('')}…`;
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
