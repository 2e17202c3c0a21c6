import { openDB } from 'idb';
import type { DBSchema, IDBPDatabase } from 'idb';
import type { OutboxRecord } from '../../../src/client/outbox-storage.js';
import type { SealedText } from './sealed-text.js';

/** A login as this browser keeps it. */
export type StoredSession = {
  readonly username: string;
  readonly accountId: string;
  readonly servers: readonly string[];
  readonly token: SealedText;
};

export interface HoldfastSchema extends DBSchema {
  /** At most one, under the key `current`. */
  session: { key: string; value: StoredSession };
  /** Of every account that has used this browser; keys are [account id, record's key]. */
  outbox: { key: [string, string]; value: OutboxRecord };
}

export type HoldfastDatabase = IDBPDatabase<HoldfastSchema>;

/**
 * What this browser keeps, shared by all tabs. Throws when the browser lets nothing be kept, or has not opened it after
 * `patience` milliseconds: a tab that does not let go of an older one must not keep the page from starting.
 */
export async function openDatabase(patience = 4_000): Promise<HoldfastDatabase> {
  const opening = open();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the database of this browser does not open')), patience);
  });
  try {
    return await Promise.race([opening, late]);
  } catch (error) {
    // One that opens after all would be in the way of the next tab.
    void opening.then((database) => database.close()).catch(() => undefined);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function open(): Promise<HoldfastDatabase> {
  return openDB<HoldfastSchema>('holdfast', 1, {
    upgrade(database) {
      database.createObjectStore('session');
      database.createObjectStore('outbox');
    },
    // A newer page in another tab waits for this one to let go.
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
  });
}
