import type { Put, Write } from '../kv/store.js';
import { ChatError } from './chat-error.js';
import { toMessage } from './conversation-state.js';
import { keys } from './keys.js';
import type { Stored } from './optimistic.js';
import { records } from './records.js';
import type { HeadRecord, InfoRecord, MessageRecord } from './records.js';
import type { SentIndex } from './sent-index.js';
import type { Message, Time } from './types.js';

/** Entries that the log of deletions keeps. */
export const deletionLogLength = 1_000;

/** A conversation as the store holds it at one revision of its head. */
export type LogState = { readonly info: InfoRecord; readonly head: HeadRecord; readonly revision: number };

/** sentAs: stored before, under this seq. 'again': the index does not reach back far enough any more. */
export type Appended = { readonly message: Message } | { readonly sentAs: number } | 'again';

export type Append = {
  readonly type: 'append';
  readonly senderId: string;
  readonly text: string;
  readonly clientMessageId: string;
  /** No message before this one is this one. */
  readonly unsentBefore: number;
  /** Opens the conversation when it does not exist. */
  readonly opening: InfoRecord | undefined;
  readonly resolve: (outcome: Appended) => void;
  readonly reject: (error: unknown) => void;
};

export type Delete = {
  readonly type: 'delete';
  /** Undefined: whoever has sent them. */
  readonly senderId: string | undefined;
  readonly seqs: readonly number[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
};

export type Operation = Append | Delete;

/** One commit to a conversation's log, built operation by operation upon a state of it. */
export class LogDraft {
  readonly writes: Write[] = [];
  readonly appended: { readonly seq: number; readonly record: MessageRecord }[] = [];
  info: InfoRecord | undefined;
  head: HeadRecord | undefined;
  /** What each operation is told once the commit is durable. */
  private readonly outcomes: (() => void)[] = [];
  private readonly sent = new Map<string, number>();
  private readonly deleted = new Set<number>();

  constructor(
    private readonly conversationId: string,
    state: LogState | undefined,
    private readonly index: SentIndex | undefined,
    /** The messages that deletions name, where they exist. */
    private readonly messages: ReadonlyMap<number, Stored<MessageRecord>>,
    private readonly now: Time,
    /** A commit of the same operations before this one may yet be applied. */
    private readonly unsure = false,
  ) {
    this.info = state?.info;
    this.head = state?.head;
  }

  add(operation: Operation): void {
    try {
      if (operation.type === 'append') this.append(operation);
      else this.delete(operation);
    } catch (error) {
      this.outcomes.push(() => {
        operation.reject(error);
      });
    }
  }

  /** The writes, with the head's. */
  finish(): Write[] {
    if (this.head) {
      const value = records.head.encode(this.head);
      this.writes.push({ type: 'put', key: keys.head(this.conversationId), value });
    }
    return this.writes;
  }

  settle(): void {
    for (const tell of this.outcomes) tell();
  }

  private append(operation: Append): void {
    const tell = (outcome: Appended) => {
      this.outcomes.push(() => {
        operation.resolve(outcome);
      });
    };
    const info = this.info ?? operation.opening;
    if (!info) throw new ChatError('CONVERSATION_NOT_FOUND');
    const sender = info.memberIds.indexOf(operation.senderId);
    const name = `${sender}:${operation.clientMessageId}`;
    const sentAs = this.sent.get(name) ?? this.index?.find(sender, operation.clientMessageId);
    if (sentAs !== undefined) {
      tell({ sentAs });
      return;
    }
    if (this.index && this.index.from > operation.unsentBefore) {
      // Whatever became of the next try would be told as if there had been no other.
      if (this.unsure) throw new ChatError('OUTCOME_UNKNOWN');
      tell('again');
      return;
    }
    const head = this.head ?? emptyHead(info);
    if (head.closed) throw new ChatError('CONVERSATION_CLOSED');
    if (sender < 0) throw new ChatError('CONVERSATION_NOT_FOUND');
    if (!this.info) this.writes.push(putInfo(this.conversationId, info));
    this.info = info;
    const seq = head.seq + 1;
    const record: MessageRecord = {
      sender,
      ordinal: (head.counts[sender] ?? 0) + 1,
      // Clocks take no part in the order, but what people are shown should not go back.
      createTime: Math.max(this.now, head.lastTime),
      clientMessageId: operation.clientMessageId,
      text: operation.text,
      appended: null,
    };
    this.head = {
      ...head,
      seq,
      lastTime: record.createTime,
      counts: head.counts.map((count, i) => (i === sender ? record.ordinal : count)),
    };
    this.writes.push(putMessage(this.conversationId, seq, record));
    this.appended.push({ seq, record });
    this.sent.set(name, seq);
    const message = toMessage(this.conversationId, seq, record, info);
    tell({ message });
  }

  private delete(operation: Delete): void {
    const { head, info } = this;
    const { senderId } = operation;
    const sender = senderId === undefined ? undefined : (info?.memberIds.indexOf(senderId) ?? -1);
    // With its last member gone the messages go too, and nothing must be put back.
    const gone = info?.memberDeleted.every(Boolean) ?? true;
    if (!head || gone || sender === -1) throw new ChatError('CONVERSATION_NOT_FOUND');
    const found = operation.seqs.map((seq) => {
      const message = this.messages.get(seq);
      if (!message) throw new ChatError('MESSAGE_NOT_FOUND');
      return { seq, message };
    });
    if (sender !== undefined && found.some(({ message }) => message.record.sender !== sender)) {
      throw new ChatError('NOT_THE_SENDER');
    }
    const fresh = found.filter(({ seq, message }) => message.record.text !== null && !this.deleted.has(seq));
    this.outcomes.push(operation.resolve);
    if (fresh.length === 0) return;
    for (const { seq, message } of fresh) {
      this.deleted.add(seq);
      const record = { ...message.record, text: null, appended: message.revision };
      this.writes.push({ ...putMessage(this.conversationId, seq, record), erase: true });
    }
    const number = head.deletions + 1;
    this.head = { ...head, deletions: number };
    const value = records.deletion.encode({ seqs: fresh.map(({ seq }) => seq) });
    this.writes.push({ type: 'put', key: keys.deletion(this.conversationId, number), value });
    if (number > deletionLogLength) {
      const oldest = keys.deletion(this.conversationId, number - deletionLogLength);
      this.writes.push({ type: 'delete', key: oldest });
    }
  }
}

function emptyHead(info: InfoRecord): HeadRecord {
  return { seq: 0, lastTime: 0, closed: false, counts: info.memberIds.map(() => 0), deletions: 0 };
}

function putInfo(conversationId: string, info: InfoRecord): Write {
  return { type: 'put', key: keys.info(conversationId), value: records.info.encode(info) };
}

function putMessage(conversationId: string, seq: number, record: MessageRecord): Put {
  return { type: 'put', key: keys.message(conversationId, seq), value: records.message.encode(record) };
}
