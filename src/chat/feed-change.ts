import { decodeKey } from '../kv/key-codec.js';
import type { KeyPart } from '../kv/key-codec.js';
import type { Change } from '../kv/store.js';
import { records } from './records.js';
import type { DeletionRecord, EntryRecord, InfoRecord, MessageRecord } from './records.js';

/** A change that concerns subscribers. */
export type FeedChange =
  | {
      readonly type: 'message';
      readonly conversationId: string;
      readonly seq: number;
      readonly record: MessageRecord;
    }
  | { readonly type: 'deletion'; readonly conversationId: string; readonly record: DeletionRecord }
  | { readonly type: 'info'; readonly conversationId: string; readonly record: InfoRecord }
  | { readonly type: 'entry'; readonly conversationId: string; readonly record: EntryRecord }
  | { readonly type: 'hidden'; readonly conversationId: string; readonly seq: number }
  | { readonly type: 'sessionEnded'; readonly sessionId: string };

/** What one commit changed, for one subscriber. */
export type FeedBatch = { readonly revision: number; readonly changes: readonly FeedChange[] };

/** Whose partition a change is in. */
export type Partition = {
  readonly type: 'user' | 'conversation';
  readonly id: string;
  readonly rest: readonly KeyPart[];
};

export function partitionOf(change: Change): Partition | undefined {
  const [partition, id, ...rest] = decodeKey(change.key);
  if (typeof id !== 'string') return undefined;
  if (partition === 'u') return { type: 'user', id, rest };
  return partition === 'c' ? { type: 'conversation', id, rest } : undefined;
}

/** Undefined when no subscriber needs to know. Throws `CORRUPT`. */
export function decodeChange(change: Change, { type, id, rest }: Partition): FeedChange | undefined {
  const [kind, first, second] = rest;
  if (type === 'user') {
    if (kind === 's') {
      return change.type === 'delete' ? { type: 'sessionEnded', sessionId: String(first) } : undefined;
    }
    if (change.type === 'delete') return undefined;
    const conversationId = String(first);
    if (kind === 'c') return { type: 'entry', conversationId, record: records.entry.decode(change.value) };
    return kind === 'h' ? { type: 'hidden', conversationId, seq: Number(second) } : undefined;
  }
  if (change.type === 'delete') return undefined;
  const conversationId = id;
  if (kind === 'i') return { type: 'info', conversationId, record: records.info.decode(change.value) };
  if (kind === 'd')
    return { type: 'deletion', conversationId, record: records.deletion.decode(change.value) };
  if (kind !== 'm') return undefined;
  const record = records.message.decode(change.value);
  // Written again by its deletion, which has an entry of its own.
  if (record.appended !== null) return undefined;
  return { type: 'message', conversationId, seq: Number(first), record };
}
