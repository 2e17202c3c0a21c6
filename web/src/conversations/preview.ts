import { beginningOf } from '../conversation/message-tokens.js';
import type { Message } from '../../../src/client/types.js';

const longest = 160;

/** A message in one line: without breaks, and without what would turn the text around it. */
export function previewOf(message: Pick<Message, 'text' | 'deleted'> | undefined): string {
  if (!message) return '';
  if (message.deleted) return 'Message deleted';
  return oneLine(message.text);
}

export function oneLine(text: string): string {
  const short = text
    .slice(0, longest * 4)
    .replace(/[\u202a-\u202e\u2066-\u2069\u200e\u200f]/gu, '')
    .replace(/```[\w+-]*\n?|`/g, '')
    .replace(/\s+/g, ' ')
    .trim();
  return beginningOf(short, longest);
}
