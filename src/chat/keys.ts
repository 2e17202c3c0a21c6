import { encodeKey, rangeOf } from '../kv/key-codec.js';
import type { Key, KeyRange } from '../kv/store.js';

/**
 * Where everything is kept. The first two parts of a key are its partition, and every commit touches one
 * partition (docs/architecture.md): an account by its folded username, a user by account id, a conversation
 * by id, a task by account id, and what belongs to the whole service.
 */
export const keys = {
  account: (folded: string): Key => encodeKey(['a', folded]),
  accounts: (): KeyRange => rangeOf(['a']),

  profile: (accountId: string): Key => encodeKey(['u', accountId, 'p']),
  entry: (accountId: string, conversationId: string): Key => encodeKey(['u', accountId, 'c', conversationId]),
  entries: (accountId: string): KeyRange => rangeOf(['u', accountId, 'c']),
  session: (accountId: string, sessionId: string): Key => encodeKey(['u', accountId, 's', sessionId]),
  sessions: (accountId: string): KeyRange => rangeOf(['u', accountId, 's']),
  logins: (accountId: string): Key => encodeKey(['u', accountId, 'l']),
  hidden: (accountId: string, conversationId: string, seq: number): Key =>
    encodeKey(['u', accountId, 'h', conversationId, seq]),
  hiddenAll: (accountId: string): KeyRange => rangeOf(['u', accountId, 'h']),
  user: (accountId: string): KeyRange => rangeOf(['u', accountId]),
  users: (): KeyRange => rangeOf(['u']),

  info: (conversationId: string): Key => encodeKey(['c', conversationId, 'i']),
  head: (conversationId: string): Key => encodeKey(['c', conversationId, 'h']),
  message: (conversationId: string, seq: number): Key => encodeKey(['c', conversationId, 'm', seq]),
  messages: (conversationId: string): KeyRange => rangeOf(['c', conversationId, 'm']),
  deletion: (conversationId: string, number: number): Key => encodeKey(['c', conversationId, 'd', number]),
  deletions: (conversationId: string): KeyRange => rangeOf(['c', conversationId, 'd']),
  conversation: (conversationId: string): KeyRange => rangeOf(['c', conversationId]),
  conversations: (): KeyRange => rangeOf(['c']),

  task: (accountId: string): Key => encodeKey(['t', accountId]),
  tasks: (): KeyRange => rangeOf(['t']),

  incarnation: (): Key => encodeKey(['z', 'incarnation']),
  importMarker: (): Key => encodeKey(['z', 'import']),
};

/** Messages with from <= seq < to. */
export function messageRange(conversationId: string, from: number, to: number): KeyRange {
  return { start: keys.message(conversationId, from), end: keys.message(conversationId, to) };
}

/** Hidden marks of messages with from <= seq < to. */
export function hiddenRange(accountId: string, conversationId: string, from: number, to: number): KeyRange {
  return {
    start: keys.hidden(accountId, conversationId, from),
    end: keys.hidden(accountId, conversationId, to),
  };
}

/** Accounts whose folded username starts with `prefix` (ASCII), after `after` when given. */
export function accountRange(prefix: string, after: string | undefined): KeyRange {
  const base = Buffer.concat([encodeKey(['a']), Buffer.from([0x02]), Buffer.from(prefix, 'ascii')]);
  const end = Buffer.from(base);
  end[end.length - 1] = (end[end.length - 1] ?? 0) + 1;
  if (after === undefined) return { start: base, end };
  // The shortest key after the last one seen.
  return { start: Buffer.concat([keys.account(after), Buffer.from([0])]), end };
}
