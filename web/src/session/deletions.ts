import type { ChatClient } from '../../../src/client/chat-client.js';
import { ClientError } from '../../../src/client/client-error.js';
import { Observable } from '../../../src/client/observable.js';
import type { PageStorage } from './page-storage.js';

export type Deletion = {
  readonly key: number;
  readonly conversationId: string;
  readonly seqs: readonly number[];
  readonly forEveryone: boolean;
  /** undoable: not done yet. failed: nothing is known to be deleted, and the messages show again. */
  readonly state: 'undoable' | 'doing' | 'failed';
  /** Why it failed. */
  readonly problem: string;
};

export type DeletionsSnapshot = {
  /** What a person can still do something about, oldest first. */
  readonly open: readonly Deletion[];
  /** How a message looks because of what was asked here; undefined: as it is. */
  readonly fate: (conversationId: string, seq: number) => 'hidden' | 'deleted' | undefined;
};

/** Milliseconds in which a deletion can be undone. */
export const undoTime = 7_000;
/** Sequence numbers of one call. */
const maxSeqs = 100;

type Asked = Pick<Deletion, 'conversationId' | 'seqs' | 'forEveryone'>;

/**
 * Deletions show at once and are done after a moment in which they can be undone. Those that still wait when the
 * page is left are done then; what did not get through is done by the tab's next page.
 */
export class Deletions {
  private readonly view = new Observable(() => this.build());
  readonly subscribe = this.view.subscribe;
  readonly getSnapshot = this.view.getSnapshot;
  private readonly all = new Map<number, Deletion>();
  private readonly timers = new Map<number, AbortController>();
  /** Done; the model may not have been told yet. */
  private readonly done = new Map<string, 'hidden' | 'deleted'>();
  private lastKey = 0;

  /** `storage`: the tab's own. `name`: of what is kept there. */
  constructor(
    private readonly client: Pick<ChatClient, 'deleteMessages' | 'clock'>,
    private readonly storage: Pick<PageStorage, 'getItem' | 'setItem' | 'removeItem'>,
    private readonly name: string,
  ) {}

  /** Does what the tab's last page has left. */
  start(): void {
    const left = JSON.parse(this.storage.getItem(this.name) ?? '[]') as readonly Asked[];
    for (const asked of left) void this.carryOut(this.put(asked));
  }

  add(conversationId: string, seqs: readonly number[], forEveryone: boolean): void {
    if (seqs.length > 0) this.arm(this.put({ conversationId, seqs, forEveryone }));
  }

  /** Stops the time, while a person reaches for the button, say; `resume` starts it anew. */
  pause(key: number): void {
    this.timers.get(key)?.abort();
  }

  resume(key: number): void {
    this.pause(key);
    if (this.all.get(key)?.state === 'undoable') this.arm(key);
  }

  /** Nothing happens when it is too late. */
  undo(key: number): void {
    if (this.all.get(key)?.state === 'undoable') this.forget(key);
  }

  /** The last one that can be undone. */
  undoLast(): void {
    const last = [...this.all.values()].findLast(({ state }) => state === 'undoable');
    if (last) this.undo(last.key);
  }

  retry(key: number): void {
    if (this.all.get(key)?.state === 'failed') void this.carryOut(key);
  }

  /** Lets a failed one be. */
  dismiss(key: number): void {
    if (this.all.get(key)?.state === 'failed') this.forget(key);
  }

  /** Does at once whatever waits. */
  async flush(): Promise<void> {
    const waiting = [...this.all.values()].filter(({ state }) => state === 'undoable');
    await Promise.all(waiting.map(({ key }) => this.carryOut(key)));
  }

  private put(asked: Asked): number {
    this.lastKey += 1;
    const key = this.lastKey;
    this.all.set(key, { key, ...asked, state: 'undoable', problem: '' });
    this.changed();
    return key;
  }

  private arm(key: number): void {
    const timer = new AbortController();
    this.timers.set(key, timer);
    void this.client.clock.wait(undoTime, timer.signal).then(() => {
      if (!timer.signal.aborted) void this.carryOut(key);
    });
  }

  private async carryOut(key: number): Promise<void> {
    const deletion = this.all.get(key);
    if (!deletion || deletion.state === 'doing') return;
    this.timers.get(key)?.abort();
    this.all.set(key, { ...deletion, state: 'doing' });
    this.changed();
    const { conversationId, seqs, forEveryone } = deletion;
    try {
      for (let from = 0; from < seqs.length; from += maxSeqs) {
        const part = seqs.slice(from, from + maxSeqs);
        await this.client.deleteMessages({ conversationId, seqs: part, forEveryone });
        for (const seq of part) this.done.set(name(conversationId, seq), forEveryone ? 'deleted' : 'hidden');
      }
      this.forget(key);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.all.set(key, { ...deletion, state: 'failed', problem: error.message });
      this.changed();
    }
  }

  private forget(key: number): void {
    this.timers.get(key)?.abort();
    this.timers.delete(key);
    this.all.delete(key);
    this.changed();
  }

  private changed(): void {
    const open = [...this.all.values()].filter(({ state }) => state !== 'failed');
    const asked = open.map(({ conversationId, seqs, forEveryone }) => ({
      conversationId,
      seqs,
      forEveryone,
    }));
    if (asked.length === 0) this.storage.removeItem(this.name);
    else this.storage.setItem(this.name, JSON.stringify(asked));
    this.view.changed();
  }

  private build(): DeletionsSnapshot {
    const open = [...this.all.values()];
    const asked = new Map(this.done);
    for (const { conversationId, seqs, forEveryone, state } of open) {
      if (state === 'failed') continue;
      for (const seq of seqs) asked.set(name(conversationId, seq), forEveryone ? 'deleted' : 'hidden');
    }
    return { open, fate: (conversationId, seq) => asked.get(name(conversationId, seq)) };
  }
}

function name(conversationId: string, seq: number): string {
  return `${conversationId}/${seq}`;
}
