import { keys } from '../chat/keys.js';
import type { RecordType } from '../chat/record.js';
import { records } from '../chat/records.js';
import { decodeKey } from '../kv/key-codec.js';
import type { Key, KeyRange } from '../kv/store.js';
import type { BackupCounts } from './backup-line.js';

/** What an entry of a store is, as its key tells. */
export type BackupKind = {
  readonly name: string;
  /** Which part of a backup it is in. */
  readonly part: 'accounts' | 'users' | 'conversations' | 'tasks' | 'sessions';
  readonly record: RecordType<object>;
  /** What it is counted as. */
  readonly counted?: keyof BackupCounts;
};

const kinds: readonly BackupKind[] = [
  { name: 'a', part: 'accounts', record: records.account, counted: 'accounts' },
  { name: 'up', part: 'users', record: records.profile },
  { name: 'uc', part: 'users', record: records.entry },
  { name: 'uh', part: 'users', record: records.hidden },
  { name: 'ul', part: 'users', record: records.logins },
  { name: 'ci', part: 'conversations', record: records.info },
  { name: 'ch', part: 'conversations', record: records.head, counted: 'conversations' },
  { name: 'cm', part: 'conversations', record: records.message, counted: 'messages' },
  { name: 'cd', part: 'conversations', record: records.deletion },
  { name: 't', part: 'tasks', record: records.task },
  { name: 'us', part: 'sessions', record: records.session, counted: 'sessions' },
];

const byName = new Map(kinds.map((kind) => [kind.name, kind]));

/**
 * The parts of a backup in their order, and where in the store they are. Sessions are the last: when the first one is
 * restored, all else that it gives access to is there.
 */
export const backupParts: readonly { readonly part: BackupKind['part']; readonly range: KeyRange }[] = [
  { part: 'accounts', range: keys.accounts() },
  { part: 'users', range: keys.users() },
  { part: 'conversations', range: keys.conversations() },
  { part: 'tasks', range: keys.tasks() },
  { part: 'sessions', range: keys.users() },
];

/** Undefined for a key that this program does not know. Throws CORRUPT for one that is none. */
export function kindOf(key: Key): BackupKind | undefined {
  const [first, , third] = decodeKey(key);
  return byName.get(`${String(first)}${third === undefined ? '' : String(third)}`);
}
