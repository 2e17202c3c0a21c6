import type { PageStorage } from './page-storage.js';

/**
 * What was begun to be written, by conversation, for one account. In local storage, which is written at once:
 * also when the tab is closed in the middle of a word.
 */
export class Drafts {
  private readonly prefix: string;
  private readonly listeners = new Set<() => void>();
  private version = 0;

  constructor(
    accountId: string,
    private readonly storage: PageStorage,
  ) {
    this.prefix = `holdfast/draft/${accountId}/`;
  }

  get(conversation: string): string {
    return this.storage.getItem(this.prefix + conversation) ?? '';
  }

  /** An empty text forgets the draft. */
  set(conversation: string, text: string): void {
    if (this.get(conversation) === text) return;
    if (text === '') this.storage.removeItem(this.prefix + conversation);
    else this.storage.setItem(this.prefix + conversation, text);
    this.version += 1;
    for (const listener of [...this.listeners]) listener();
  }

  /** Forgets all drafts of the account. */
  clear(): void {
    const keys = Array.from({ length: this.storage.length }, (_, i) => this.storage.key(i));
    for (const key of keys) if (key?.startsWith(this.prefix)) this.storage.removeItem(key);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  /** Another number after every change. */
  readonly getVersion = (): number => this.version;
}
