import { keys } from '../chat/keys.js';
import { records } from '../chat/records.js';
import type { TaskRecord } from '../chat/records.js';
import { foldUsername } from '../chat/username.js';
import { limits } from '../kv/limits.js';
import type { Key } from '../kv/store.js';
import type { NewEntry } from './careful-writer.js';
import type { ExportLine, LineOf } from './export-line.js';

/** What an import does to the store; those that wait together may be done in any order. */
export type Operation =
  /** Entries of one partition, within the limits of a commit. */
  | { readonly type: 'create'; readonly entries: readonly NewEntry[] }
  | { readonly type: 'deleteTexts'; readonly conversationId: string; readonly seqs: readonly number[] }
  /** This account, if it is in the file, was deleted while that was being written. */
  | { readonly type: 'endAccount'; readonly accountId: string };

type Batch = {
  readonly type: 'create';
  readonly partition: string;
  readonly entries: NewEntry[];
  bytes: number;
};

const waitingBytes = 8 * 1_024 * 1_024;

/** Turns the lines of an export into operations. Lines up to `done` are stored already. */
export class ImportPlan {
  private operations: (Batch | Exclude<Operation, { type: 'create' }>)[] = [];
  private bytes = 0;
  private line = 0;
  private memberIds: readonly string[] = [];
  private counts: number[] = [];

  constructor(
    private readonly done: number,
    /** Operations that are done at the same time. */
    private readonly width: number,
  ) {}

  get full(): boolean {
    return this.operations.length >= this.width || this.bytes >= waitingBytes;
  }

  /** Whether what waits has to be stored before this line is added. */
  needsAllBefore(line: ExportLine): boolean {
    // Messages before their texts are deleted; accounts before it is said that they are.
    return line.type === 'deleted' || line.type === 'ended';
  }

  add(line: ExportLine, number: number): void {
    this.follow(line);
    if (number <= this.done) return;
    this.line = number;
    if (line.type === 'account') this.addAccount(line);
    else if (line.type === 'entry') this.addEntry(line);
    else if (line.type === 'hidden') this.addHidden(line);
    else if (line.type === 'message') this.addMessage(line);
    else if (line.type === 'deletion') this.addDeletion(line);
    else if (line.type === 'head') this.addHead(line);
    else if (line.type === 'ended') {
      for (const accountId of line.account_ids) this.operations.push({ type: 'endAccount', accountId });
    } else if (line.type === 'deleted') {
      this.operations.push({
        type: 'deleteTexts',
        conversationId: line.conversation_id,
        seqs: line.seqs,
      });
    }
  }

  /** What waits, and the line that everything is stored up to once it is done. */
  take(): { readonly operations: readonly Operation[]; readonly line: number } {
    const { operations, line } = this;
    this.operations = [];
    this.bytes = 0;
    return { operations, line };
  }

  /** What later lines build upon, whether this one is stored or not. */
  private follow(line: ExportLine): void {
    if (line.type === 'conversation') {
      this.memberIds = line.member_ids;
      this.counts = line.member_ids.map(() => 0);
    } else if (line.type === 'message') {
      const sender = this.memberIds.indexOf(line.sender_id);
      this.counts[sender] = (this.counts[sender] ?? 0) + 1;
    }
  }

  private addAccount({ id, username, create_time, password_hash, deleting }: LineOf<'account'>): void {
    const folded = foldUsername(username);
    const createTime = Date.parse(create_time);
    const state = deleting ? ('deleting' as const) : ('active' as const);
    if (deleting) this.put(`t ${id}`, keys.task(id), records.task.encode(deletionTask(username)));
    const account = { id, username, createTime, passwordHash: password_hash, state };
    this.put(`a ${folded}`, keys.account(folded), records.account.encode(account));
    this.put(`u ${id}`, keys.profile(id), records.profile.encode({ username, createTime, state }));
  }

  private addEntry(line: LineOf<'entry'>): void {
    const { account_id: id, conversation_id, read_seq, read_others, hidden_unread } = line;
    const record = { readSeq: read_seq, readOthers: read_others, hiddenUnread: hidden_unread };
    this.put(`u ${id}`, keys.entry(id, conversation_id), records.entry.encode(record));
  }

  private addHidden({ account_id: id, conversation_id, seqs, own }: LineOf<'hidden'>): void {
    const sent = new Set(own);
    for (const seq of seqs) {
      const value = records.hidden.encode({ own: sent.has(seq) });
      this.put(`u ${id}`, keys.hidden(id, conversation_id, seq), value);
    }
  }

  private addMessage(line: LineOf<'message'>): void {
    const { conversation_id: id, seq, sender_id, create_time, client_message_id, text } = line;
    const sender = this.memberIds.indexOf(sender_id);
    const value = records.message.encode({
      sender,
      ordinal: this.counts[sender] ?? 0,
      createTime: Date.parse(create_time),
      clientMessageId: client_message_id,
      text,
      // Before everything that happens in this store; the old one's revision means nothing in it.
      appended: text === null ? 0 : null,
    });
    this.put(`c ${id}`, keys.message(id, seq), value);
  }

  private addDeletion({ conversation_id: id, number, seqs }: LineOf<'deletion'>): void {
    this.put(`c ${id}`, keys.deletion(id, number), records.deletion.encode({ seqs }));
  }

  private addHead(line: LineOf<'head'>): void {
    const { conversation_id: id, head_seq: seq, last_time, closed, counts, deletions, members } = line;
    const info = {
      memberIds: this.memberIds,
      memberNames: members.map(({ username }) => username),
      memberDeleted: members.map(({ deleted }) => deleted),
    };
    const head = { seq, lastTime: Date.parse(last_time), closed, counts, deletions };
    this.put(`c ${id}`, keys.info(id), records.info.encode(info));
    this.put(`c ${id}`, keys.head(id), records.head.encode(head));
  }

  private put(partition: string, key: Key, value: Uint8Array): void {
    // Each entry is a check and a write.
    const bytes = 2 * key.length + value.length;
    const last = this.operations.at(-1);
    const fits =
      last?.type === 'create' &&
      last.partition === partition &&
      2 * (last.entries.length + 1) <= limits.commitOperations &&
      last.bytes + bytes <= limits.commitBytes;
    if (fits) {
      last.entries.push({ key, value });
      last.bytes += bytes;
    } else {
      this.operations.push({ type: 'create', partition, entries: [{ key, value }], bytes });
    }
    this.bytes += bytes;
  }
}

/** As a deletion that has begun leaves it: the next start of a server finishes it. */
export function deletionTask(username: string): TaskRecord {
  return { kind: 'delete', folded: foldUsername(username), keepSession: '', passwordHash: '' };
}
