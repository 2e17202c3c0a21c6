import type { Message } from './types.js';

export type WindowState = {
  /** Oldest first. Numbers may be missing where the reader has deleted messages. */
  readonly messages: readonly Message[];
  /** There may be messages before the first one. */
  readonly hasOlder: boolean;
  /** There may be messages after the last one; new ones are not added while it is so. */
  readonly hasNewer: boolean;
};

const nothing: WindowState = { messages: [], hasOlder: true, hasNewer: true };

/**
 * The part of a conversation that is in memory: messages that follow each other, `limit` at most, however
 * long the conversation is. What does not fit is given up at the far end, and can be loaded again.
 */
export class MessageWindow {
  state = nothing;

  constructor(private readonly limit: number) {}

  /** The latest messages, oldest first. */
  showLatest(messages: readonly Message[], hasOlder: boolean): void {
    this.state = { messages, hasOlder, hasNewer: false };
  }

  /** The messages after a certain one, oldest first. */
  show(messages: readonly Message[], hasNewer: boolean, hasOlder = true): void {
    this.state = { messages, hasOlder, hasNewer };
  }

  addOlder(older: readonly Message[], hasOlder: boolean): void {
    const { messages, hasNewer } = this.state;
    const all = [...older, ...messages];
    const kept = all.slice(0, this.limit);
    this.state = { messages: kept, hasOlder, hasNewer: hasNewer || kept.length < all.length };
  }

  addNewer(newer: readonly Message[], hasNewer: boolean): void {
    const { messages, hasOlder } = this.state;
    const all = [...messages, ...newer];
    const kept = all.slice(-this.limit);
    this.state = { messages: kept, hasOlder: hasOlder || kept.length < all.length, hasNewer };
  }

  /**
   * A message that has just been stored. One's own may be told before others' that precede it, so it goes
   * to its place by number; one that is there already is replaced.
   */
  add(message: Message): void {
    const { messages, hasNewer, hasOlder } = this.state;
    const after = messages.findLastIndex(({ seq }) => seq <= message.seq);
    const isThere = messages[after]?.seq === message.seq;
    if (!isThere && (hasNewer || (after < 0 && hasOlder && messages.length > 0))) return;
    const before = messages.slice(0, isThere ? after : after + 1);
    const all = [...before, message, ...messages.slice(after + 1)];
    const kept = all.slice(-this.limit);
    this.state = { messages: kept, hasOlder: hasOlder || kept.length < all.length, hasNewer };
  }

  delete(seqs: readonly number[], forEveryone: boolean): void {
    const gone = new Set(seqs);
    const { messages } = this.state;
    if (!messages.some(({ seq }) => gone.has(seq))) return;
    const left = forEveryone
      ? messages.map((message) => (gone.has(message.seq) ? { ...message, deleted: true, text: '' } : message))
      : messages.filter(({ seq }) => !gone.has(seq));
    this.state = { ...this.state, messages: left };
  }

  /** What the account has sent stays, without its name. */
  deleteSender(accountId: string): void {
    const { messages } = this.state;
    if (!messages.some(({ senderId }) => senderId === accountId)) return;
    const left = messages.map((message) =>
      message.senderId === accountId ? { ...message, sender: '', senderDeleted: true } : message,
    );
    this.state = { ...this.state, messages: left };
  }
}
