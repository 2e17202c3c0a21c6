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

/** A browser's, that does not throw when it is full: nothing that is kept there is worth a failure. */
class LenientStorage implements PageStorage {
  constructor(private readonly storage: Storage) {}

  get length(): number {
    return this.storage.length;
  }

  getItem(key: string): string | null {
    return this.storage.getItem(key);
  }

  setItem(key: string, value: string): void {
    try {
      this.storage.setItem(key, value);
    } catch {
      // What was kept before stays.
    }
  }

  removeItem(key: string): void {
    this.storage.removeItem(key);
  }

  key(index: number): string | null {
    return this.storage.key(index);
  }
}

/** What every tab shares. Where the browser lets nothing be kept, even asking for its storage throws. */
export const localStore = storageOf(() => window.localStorage);

function storageOf(ask: () => Storage): PageStorage {
  try {
    return new LenientStorage(ask());
  } catch {
    return new MemoryStorage();
  }
}
