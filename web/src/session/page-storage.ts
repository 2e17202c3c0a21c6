export type PageStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

/** Lasts as long as the page. */
class MemoryStorage implements PageStorage {
  private readonly items = new Map<string, string>();

  get length(): number {
    return this.items.size;
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }

  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }
}

/** What every tab shares. Where the browser lets nothing be kept, even asking for its storage throws. */
export const localStore = storageOf(() => window.localStorage);
/** The tab's own. */
export const sessionStore = storageOf(() => window.sessionStorage);

function storageOf(ask: () => Storage): PageStorage {
  try {
    return ask();
  } catch {
    return new MemoryStorage();
  }
}
