import { defineRecord, kinds } from './record.js';
import type { Time } from './types.js';

const { text, number, flag, maybe, listOf, oneOf } = kinds;

/** Partition account. */
export type AccountRecord = {
  readonly id: string;
  readonly username: string;
  readonly passwordHash: string;
  readonly createTime: Time;
  readonly state: 'active' | 'deleting';
};

/**
 * Partition user. Commits that add to the partition check its revision: once it is `deleting` or gone,
 * nothing is added any more, and a changed password (which writes it again) stops logins with the old one.
 */
export type ProfileRecord = {
  readonly username: string;
  readonly createTime: Time;
  readonly state: 'active' | 'deleting';
};

/** Partition user: a conversation that the user is in. */
export type EntryRecord = {
  readonly readSeq: number;
  /** Messages of others up to readSeq. */
  readonly readOthers: number;
  /** Messages of others after readSeq that the user has deleted for itself. */
  readonly hiddenUnread: number;
};

/** Partition user. */
export type SessionRecord = {
  readonly deviceName: string;
  readonly createTime: Time;
  readonly expireTime: Time;
};

/** Partition user: where passwords for the account came from of late, as lists side by side (src/chat/logins.ts). */
export type LoginsRecord = {
  readonly names: readonly string[];
  readonly known: readonly boolean[];
  readonly failures: readonly number[];
  readonly times: readonly Time[];
  readonly strangersDue: Time;
};

/** Partition user: a message that the user has deleted for itself. */
export type HiddenRecord = { readonly own: boolean };

/** Partition conversation. Members are in the order that `directConversationId` gives them. */
export type InfoRecord = {
  readonly memberIds: readonly string[];
  /** Empty when deleted. */
  readonly memberNames: readonly string[];
  readonly memberDeleted: readonly boolean[];
};

/** Partition conversation. Every commit to the log checks its revision. */
export type HeadRecord = {
  /** Sequence number of the last message; 0: none. */
  readonly seq: number;
  /** createTime of the last message. */
  readonly lastTime: Time;
  readonly closed: boolean;
  /** Messages sent by each member, in the members' order. */
  readonly counts: readonly number[];
  /** Deletions for everyone so far: the number of the last one in the deletion log. */
  readonly deletions: number;
};

/** Partition conversation. */
export type MessageRecord = {
  /** Index of the sender among the members. */
  readonly sender: number;
  /** Messages of this sender up to and with this one. */
  readonly ordinal: number;
  readonly createTime: Time;
  readonly clientMessageId: string;
  /** null: deleted for everyone. */
  readonly text: string | null;
  /** Revision that the message was appended at, noted when deleting it rewrites the record. */
  readonly appended: number | null;
};

/** Partition conversation: one deletion for everyone. */
export type DeletionRecord = { readonly seqs: readonly number[] };

/**
 * Partition task: work on an account that spans partitions, put before its first step and removed after its
 * last, so that a node that starts can finish what another began.
 */
export type TaskRecord = {
  readonly kind: 'delete' | 'endSessions';
  readonly folded: string;
  /** endSessions: the session that stays, and the hash that the password was changed to. */
  readonly keepSession: string;
  readonly passwordHash: string;
};

/** Of the whole service: the import that was last begun (docs/export-format.md). */
export type ImportRecord = {
  /** SHA-256 of the file, as its last line has it. */
  readonly file: string;
  /** Names the program run that writes; the next one takes over by putting its own. */
  readonly run: string;
  /** Everything up to this line is stored. */
  readonly line: number;
  readonly state: 'unfinished' | 'done';
};

export const records = {
  account: defineRecord<AccountRecord>('account', 1, {
    id: text,
    username: text,
    passwordHash: text,
    createTime: number,
    state: oneOf('active', 'deleting'),
  }),
  profile: defineRecord<ProfileRecord>('profile', 1, {
    username: text,
    createTime: number,
    state: oneOf('active', 'deleting'),
  }),
  entry: defineRecord<EntryRecord>('entry', 1, { readSeq: number, readOthers: number, hiddenUnread: number }),
  session: defineRecord<SessionRecord>('session', 1, {
    deviceName: text,
    createTime: number,
    expireTime: number,
  }),
  logins: defineRecord<LoginsRecord>('logins', 1, {
    names: listOf(text),
    known: listOf(flag),
    failures: listOf(number),
    times: listOf(number),
    strangersDue: number,
  }),
  hidden: defineRecord<HiddenRecord>('hidden mark', 1, { own: flag }),
  info: defineRecord<InfoRecord>('conversation', 1, {
    memberIds: listOf(text),
    memberNames: listOf(text),
    memberDeleted: listOf(flag),
  }),
  head: defineRecord<HeadRecord>('head', 1, {
    seq: number,
    lastTime: number,
    closed: flag,
    counts: listOf(number),
    deletions: number,
  }),
  message: defineRecord<MessageRecord>('message', 1, {
    sender: number,
    ordinal: number,
    createTime: number,
    clientMessageId: text,
    text: maybe(text),
    appended: maybe(number),
  }),
  deletion: defineRecord<DeletionRecord>('deletion', 1, { seqs: listOf(number) }),
  task: defineRecord<TaskRecord>('task', 1, {
    kind: oneOf('delete', 'endSessions'),
    folded: text,
    keepSession: text,
    passwordHash: text,
  }),
  importMarker: defineRecord<ImportRecord>('import marker', 1, {
    file: text,
    run: text,
    line: number,
    state: oneOf('unfinished', 'done'),
  }),
  incarnation: defineRecord<{ readonly id: string }>('incarnation', 1, { id: text }),
};
