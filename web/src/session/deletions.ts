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
/** Milliseconds that a deletion of another tab is left to that tab, after its time; and while somebody thinks there. */
const margin = 3_000;
const thinking = 60_000;
/** Sequence numbers of one call. */
const maxSeqs = 100;

type Asked = Pick<Deletion, 'conversationId' | 'seqs' | 'forEveryone'>;
/** What the browser keeps of one, for all tabs. `due`: when it is to be done, in milliseconds since 1970. */
type Kept = Asked & { readonly due: number };

/**
 * Deletions show at once and are done after a moment in which they can be undone. Those that still wait when the
 * page is left are done then. What did not get through, because no server could be reached or the session had ended, is
 * kept in the browser and done by the account's next page.
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
  /** Asked for on this page, not taken over from another one. */
  private readonly own = new Set<number>();
  /** Where each is kept, if the browser keeps it. */
  private readonly places = new Map<number, string>();

  /** `storage`: of all tabs. `name`: what is kept there of this account begins with it. */
  constructor(
    private readonly client: Pick<ChatClient, 'deleteMessages' | 'clock' | 'random'>,
    private readonly storage: PageStorage,
    private readonly name: string,
  ) {}

  /** Does what earlier pages have left. What another tab may still be at is left to it until its time is over. */
  start(): void {
    const keys = Array.from({ length: this.storage.length }, (_, i) => this.storage.key(i));
    for (const place of keys) {
      if (!place?.startsWith(`${this.name}/`)) continue;
      const kept = this.read(place);
      if (!kept) continue;
      const left = kept.due - this.client.clock.time();
      this.arm(this.put(kept, place), left > 0 ? left + margin : 0);
    }
  }

  /** Stops the time of all; they stay kept. */
  close(): void {
    for (const timer of this.timers.values()) timer.abort();
  }

  add(conversationId: string, seqs: readonly number[], forEveryone: boolean): void {
    if (seqs.length === 0) return;
    const key = this.put({ conversationId, seqs, forEveryone }, `${this.name}/${this.client.random.id()}`);
    this.own.add(key);
    this.keep(key, undoTime);
    this.arm(key, undoTime);
  }

  /** Stops the time, while a person reaches for the button, say; `resume` starts it anew. */
  pause(key: number): void {
    this.timers.get(key)?.abort();
    if (this.all.get(key)?.state === 'undoable') this.keep(key, thinking);
  }

  resume(key: number): void {
    this.timers.get(key)?.abort();
    if (this.all.get(key)?.state !== 'undoable') return;
    this.keep(key, undoTime);
    this.arm(key, undoTime);
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

  /** Does at once what was asked for here and waits. What another tab may still undo is left to it. */
  async flush(): Promise<void> {
    const waiting = [...this.all.values()].filter(
      ({ key, state }) => state === 'undoable' && this.own.has(key),
    );
    await Promise.all(waiting.map(({ key }) => this.carryOut(key)));
  }

  private put({ conversationId, seqs, forEveryone }: Asked, place: string): number {
    this.lastKey += 1;
    const key = this.lastKey;
    this.all.set(key, { key, conversationId, seqs, forEveryone, state: 'undoable', problem: '' });
    this.places.set(key, place);
    this.view.changed();
    return key;
  }

  private arm(key: number, time: number): void {
    const timer = new AbortController();
    this.timers.set(key, timer);
    void this.client.clock.wait(time, timer.signal).then(() => {
      if (timer.signal.aborted) return;
      const place = this.places.get(key);
      // One that is kept no more was undone or done in another tab.
      if (place === undefined || this.read(place)) void this.carryOut(key);
      else this.forget(key);
    });
  }

  private read(place: string): Kept | undefined {
    const text = this.storage.getItem(place);
    return text === null ? undefined : (JSON.parse(text) as Kept);
  }

  /** In the browser, until it is done. `time`: milliseconds until this tab does it. */
  private keep(key: number, time: number): void {
    const [deletion, place] = [this.all.get(key), this.places.get(key)];
    if (!deletion || place === undefined) return;
    const { conversationId, seqs, forEveryone } = deletion;
    const kept: Kept = { conversationId, seqs, forEveryone, due: this.client.clock.time() + time };
    this.storage.setItem(place, JSON.stringify(kept));
    if (!this.read(place)) this.places.delete(key);
  }

  private async carryOut(key: number): Promise<void> {
    const deletion = this.all.get(key);
    if (!deletion || deletion.state === 'doing') return;
    this.timers.get(key)?.abort();
    this.all.set(key, { ...deletion, state: 'doing' });
    this.view.changed();
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
      // What a server refuses for good would be refused again.
      if (error.final && !error.sessionOver) this.storage.removeItem(this.places.get(key) ?? '');
      this.all.set(key, { ...deletion, state: 'failed', problem: error.message });
      this.view.changed();
    }
  }

  private forget(key: number): void {
    this.timers.get(key)?.abort();
    this.timers.delete(key);
    this.storage.removeItem(this.places.get(key) ?? '');
    this.places.delete(key);
    this.own.delete(key);
    this.all.delete(key);
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
