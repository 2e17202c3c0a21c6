import type { ChatSnapshot } from '../client/chat-model.js';
import { printable } from '../client/printable.js';
import type { OutboxEntry } from '../client/outbox-item.js';
import type { Target } from '../client/types.js';
import type { Row, Span } from './row.js';
import { columnsOf, fit } from './text.js';

/** A line of the list on the left. */
export type ConversationEntry = {
  /** Names it for as long as it is in the list. */
  readonly id: string;
  readonly target: Target;
  readonly title: string;
  readonly unread: number;
  /** Messages that wait to be sent, and ones that were refused. */
  readonly waiting: number;
  readonly refused: number;
};

/**
 * Those whom nothing has been said with yet come first, then conversations, latest activity first. `open`: the one
 * that is open is in the list also before its first message.
 */
export function entriesOf(
  { beginnings, conversations }: ChatSnapshot,
  outbox: readonly OutboxEntry[],
  me: string,
  open: Target | undefined,
): readonly ConversationEntry[] {
  const begun = beginnings.map(({ username }) => username);
  const isListed = (username: string) =>
    conversations.some(({ title }) => title.toLowerCase() === username.toLowerCase()) ||
    begun.some((name) => name.toLowerCase() === username.toLowerCase());
  if (open?.username !== undefined && open.conversationId === undefined && !isListed(open.username)) {
    begun.unshift(open.username);
  }
  const isOf = (target: Target, id: string | undefined, name: string) =>
    (id !== undefined && target.conversationId === id) ||
    (target.conversationId === undefined && target.username.toLowerCase() === name.toLowerCase());
  const count = (state: 'refused' | 'other', id: string | undefined, name: string) =>
    outbox.filter(
      (entry) => (entry.state === 'refused') === (state === 'refused') && isOf(entry.target, id, name),
    ).length;
  const fresh = begun.map((username) => ({
    id: `with ${username.toLowerCase()}`,
    target: { username },
    title: printable(username),
    unread: 0,
    waiting: count('other', undefined, username),
    refused: count('refused', undefined, username),
  }));
  // While no server has told of a conversation, what waits for it does.
  const untold = new Map<string, Target>();
  for (const { target } of outbox) {
    const { conversationId: id } = target;
    if (id !== undefined && !conversations.some((one) => one.id === id)) untold.set(id, target);
  }
  const awaited = [...untold].map(([id, target]) => ({
    id,
    target,
    title: printable(target.username ?? '(deleted account)'),
    unread: 0,
    waiting: count('other', id, target.username ?? ''),
    refused: count('refused', id, target.username ?? ''),
  }));
  const known = conversations.map(({ id, title, unreadCount }) => ({
    id,
    target: { conversationId: id, ...(title !== '' && { username: title }) },
    title: title === '' ? '(deleted account)' : printable(title === me ? `${title} (you)` : title),
    unread: unreadCount,
    waiting: count('other', id, title),
    refused: count('refused', id, title),
  }));
  return [...fresh, ...awaited, ...known];
}

export function entryRow(
  entry: ConversationEntry,
  columns: number,
  {
    isHere,
    isOpen,
    hasFocus,
  }: { readonly isHere: boolean; readonly isOpen: boolean; readonly hasFocus: boolean },
): Row {
  const marks: Span[] = [];
  if (entry.refused > 0) marks.push({ text: ' !', bold: true, tone: 'bad' });
  if (entry.waiting > 0) marks.push({ text: ' …' });
  if (entry.unread > 0) marks.push({ text: ` ${entry.unread > 999 ? '999+' : entry.unread}`, bold: true });
  const used = marks.reduce((sum, { text }) => sum + columnsOf(text), 0);
  const isMarked = isHere && hasFocus;
  const title = fit(entry.title, Math.max(1, columns - 2 - used));
  return [
    { text: isMarked ? '▌' : isOpen ? '›' : ' ', bold: true },
    { text: title, bold: isOpen || entry.unread > 0, inverse: isMarked },
    ...marks,
    { text: ' ' },
  ];
}
