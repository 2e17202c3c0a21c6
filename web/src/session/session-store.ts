import type { SavedSession } from '../../../src/client/types.js';
import type { HoldfastDatabase } from './database.js';
import { seal, unseal } from './sealed-text.js';

const current = 'current';

/** The login that outlives the page; one for all tabs. */
export interface SessionStore {
  /** Undefined when nobody is logged in, or what is kept can't be read any more. */
  load(): Promise<SavedSession | undefined>;
  save(saved: SavedSession): Promise<void>;
  /** Only if that account is still the one that is kept. */
  keepServers(accountId: string, servers: readonly string[]): Promise<void>;
  clear(): Promise<void>;
}

export class DatabaseSessionStore implements SessionStore {
  constructor(private readonly database: HoldfastDatabase) {}

  async load(): Promise<SavedSession | undefined> {
    const stored = await this.database.get('session', current);
    if (!stored) return undefined;
    const { username, accountId, servers } = stored;
    try {
      return { username, accountId, servers, token: await unseal(stored.token) };
    } catch {
      return undefined;
    }
  }

  async save({ token, ...rest }: SavedSession): Promise<void> {
    await this.database.put('session', { ...rest, token: await seal(token) }, current);
  }

  async keepServers(accountId: string, servers: readonly string[]): Promise<void> {
    const change = this.database.transaction('session', 'readwrite');
    const stored = await change.store.get(current);
    if (stored?.accountId === accountId) await change.store.put({ ...stored, servers }, current);
    await change.done;
  }

  async clear(): Promise<void> {
    await this.database.delete('session', current);
  }
}

/** For a browser that lets nothing be kept: the login lasts as long as the page. */
export class PageSessionStore implements SessionStore {
  private saved: SavedSession | undefined;

  load(): Promise<SavedSession | undefined> {
    return Promise.resolve(this.saved);
  }

  save(saved: SavedSession): Promise<void> {
    this.saved = saved;
    return Promise.resolve();
  }

  keepServers(): Promise<void> {
    return Promise.resolve();
  }

  clear(): Promise<void> {
    this.saved = undefined;
    return Promise.resolve();
  }
}
