import { Observable } from '../../../src/client/observable.js';
import type { OutboxRecord, OutboxStorage } from '../../../src/client/outbox-storage.js';

/** How long what is in an outbox lasts. */
export type Keeping = {
  /** The browser keeps what is added. */
  readonly lasts: boolean;
  /** Keys of the records that are forgotten with the tab. */
  readonly forgettable: ReadonlySet<string>;
};

/**
 * An account's outbox as this tab has it: in what the browser keeps; or, where the browser keeps nothing or has no
 * room, in memory, which is told, so that nobody closes the tab in the belief that it is kept.
 */
export class PageOutbox implements OutboxStorage {
  private readonly view = new Observable(() => this.build());
  readonly subscribe = this.view.subscribe;
  readonly getSnapshot = this.view.getSnapshot;
  private readonly forgettable = new Map<string, OutboxRecord>();
  private refused = false;

  /** `kept`: undefined where the browser keeps nothing. */
  constructor(private readonly kept: OutboxStorage | undefined) {}

  async load(): Promise<readonly OutboxRecord[]> {
    const kept = (await this.kept?.load()) ?? [];
    const here = [...this.forgettable.values()];
    return [...kept.filter(({ key }) => !this.forgettable.has(key)), ...here];
  }

  async get(key: string): Promise<OutboxRecord | undefined> {
    return this.forgettable.get(key) ?? this.kept?.get(key);
  }

  /**
   * Throws only where the browser keeps an earlier form of the record: that would be found by the next page, which
   * would not know what has been tried since, and could send the message twice.
   */
  async put(record: OutboxRecord): Promise<void> {
    const { key } = record;
    try {
      if (!this.kept) throw new Error('this browser keeps nothing');
      await this.kept.put(record);
      this.refused = false;
      this.forgettable.delete(key);
    } catch (error) {
      if (await this.keepsOther(key)) throw error;
      this.refused = true;
      this.forgettable.set(key, record);
    }
    this.view.changed();
  }

  async remove(key: string): Promise<void> {
    if (this.forgettable.delete(key)) this.view.changed();
    else await this.kept?.remove(key);
  }

  /** Also when it can't be read. */
  private async keepsOther(key: string): Promise<boolean> {
    if (!this.kept || this.forgettable.has(key)) return false;
    return (await this.kept.get(key)) !== undefined;
  }

  private build(): Keeping {
    const lasts = this.kept !== undefined && !this.refused;
    return { lasts, forgettable: new Set(this.forgettable.keys()) };
  }
}
