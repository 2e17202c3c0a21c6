import type { ChatClient } from './chat-client.js';
import { ClientError } from './client-error.js';

/** Read cursors on their way to the servers: of each conversation the furthest one, until it has arrived. */
export class ReadMarks {
  private readonly wanted = new Map<string, number>();
  private running = false;

  constructor(
    private readonly client: ChatClient,
    private readonly signal: AbortSignal,
  ) {}

  mark(conversationId: string, seq: number): void {
    if (seq <= (this.wanted.get(conversationId) ?? 0)) return;
    this.wanted.set(conversationId, seq);
    void this.flush();
  }

  /** Sends what has not arrived; what fails again waits for the next call. */
  async flush(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      for (let next = first(this.wanted); next; next = first(this.wanted)) {
        const [conversationId, seq] = next;
        await this.client.markRead({ conversationId, seq }, { signal: this.signal });
        if (this.wanted.get(conversationId) === seq) this.wanted.delete(conversationId);
      }
    } catch (error) {
      if (this.signal.aborted) return;
      if (!(error instanceof ClientError)) throw error;
      // A refusal will not become better: the conversation is gone, say.
      const [conversationId] = first(this.wanted) ?? [];
      if (error.final && conversationId !== undefined) this.wanted.delete(conversationId);
    } finally {
      this.running = false;
    }
  }
}

function first(map: ReadonlyMap<string, number>): [string, number] | undefined {
  const [entry] = map;
  return entry;
}
