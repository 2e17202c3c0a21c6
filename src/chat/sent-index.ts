import type { Store } from '../kv/store.js';
import { decodeKey } from '../kv/key-codec.js';
import { giveWay } from './give-way.js';
import { messageRange } from './keys.js';
import { records } from './records.js';
import type { MessageRecord } from './records.js';

const keep = 10_000;
const pageSize = 1_000;

function nameOf(sender: number, clientMessageId: string): string {
  return `${sender}:${clientMessageId}`;
}

/**
 * The client message ids of a conversation's latest messages: of all from `from` on. It finds a message
 * that was sent before (guarantee G3). It holds what the store holds, so that it may be dropped any time.
 */
export class SentIndex {
  private readonly seqs = new Map<string, number>();
  /** Every message from this seq to the last one added is in the index. */
  from: number;

  constructor(
    private readonly store: Store,
    private readonly conversationId: string,
    headSeq: number,
  ) {
    this.from = headSeq + 1;
  }

  get size(): number {
    return this.seqs.size;
  }

  find(sender: number, clientMessageId: string): number | undefined {
    return this.seqs.get(nameOf(sender, clientMessageId));
  }

  /** Adds the message after the last one. */
  add(seq: number, sender: number, clientMessageId: string): void {
    this.seqs.set(nameOf(sender, clientMessageId), seq);
    // In big steps, as each one goes through the whole index.
    if (this.seqs.size >= 2 * keep) this.trim(seq - keep);
  }

  /** Adds messages stored after the last one added, up to and with `to`. */
  async addStored(after: number, to: number): Promise<void> {
    for (let from = after + 1; from <= to; from += pageSize) {
      for (const { seq, record } of await this.page(from, Math.min(from + pageSize, to + 1))) {
        this.add(seq, record.sender, record.clientMessageId);
      }
    }
  }

  /** Makes the index start at `from`. */
  async extendTo(from: number): Promise<void> {
    while (this.from > from) {
      const to = this.from;
      const start = Math.max(from, to - pageSize);
      const page = await this.page(start, to);
      // Another extension may have gone over the same messages meanwhile.
      if (this.from !== to) continue;
      for (const { seq, record } of page) this.seqs.set(nameOf(record.sender, record.clientMessageId), seq);
      this.from = start;
    }
  }

  /** The seq of a message in from <= seq < to, looked up in the store and not kept. */
  async findStored(from: number, to: number, sender: number, clientMessageId: string) {
    for (let start = from; start < to; start += pageSize) {
      const page = await this.page(start, Math.min(start + pageSize, to));
      const found = page.find(
        ({ record }) => record.sender === sender && record.clientMessageId === clientMessageId,
      );
      if (found) return found.seq;
    }
    return undefined;
  }

  private async page(from: number, to: number): Promise<{ seq: number; record: MessageRecord }[]> {
    await giveWay();
    const { results } = await this.store.read([messageRange(this.conversationId, from, to)]);
    return (results[0] ?? []).map((entry) => ({
      seq: decodeKey(entry.key)[3] as number,
      record: records.message.decode(entry.value),
    }));
  }

  private trim(before: number): void {
    for (const [name, seq] of this.seqs) if (seq < before) this.seqs.delete(name);
    this.from = Math.max(this.from, before);
  }
}
