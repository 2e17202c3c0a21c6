import { LRUCache } from 'lru-cache';
import type { ChatContext } from './chat-context.js';
import { ConversationWriter } from './conversation-writer.js';
import { Gate } from './gate.js';

/** Index entries that idle writers may hold together: some 100 MB. */
const idleSize = 1_000_000;

/** Sends that may look far back at once: each may read a conversation from its start. */
const scans = 2;

/** The writers of this node: one for each conversation that is or lately was written to. */
export class ConversationWriters {
  private readonly busy = new Map<string, ConversationWriter>();
  private readonly idle = new LRUCache<string, ConversationWriter>({
    maxSize: idleSize,
    sizeCalculation: (writer) => writer.size,
  });

  private readonly scans = new Gate(scans);

  constructor(private readonly context: ChatContext) {}

  /** Index entries that idle writers hold, as the bound counts them. */
  get idleSize(): number {
    return this.idle.calculatedSize;
  }

  get(conversationId: string): ConversationWriter {
    const busy = this.busy.get(conversationId);
    if (busy) return busy;
    const writer =
      this.idle.get(conversationId) ??
      new ConversationWriter(this.context, conversationId, this.scans, (done) => {
        this.busy.delete(conversationId);
        // The cache takes the size of what is new to it only, and writing makes a writer grow.
        this.idle.delete(conversationId);
        this.idle.set(conversationId, done);
      });
    this.idle.delete(conversationId);
    this.busy.set(conversationId, writer);
    return writer;
  }
}
