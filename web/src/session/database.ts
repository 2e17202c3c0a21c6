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

/** What this browser keeps, shared by all tabs. Throws when the browser lets nothing be kept. */
export async function openDatabase(): Promise<HoldfastDatabase> {
  return openDB<HoldfastSchema>('holdfast', 1, {
    upgrade(database) {
      database.createObjectStore('session');
      database.createObjectStore('outbox');
    },
    // A newer page in another tab waits for this one to let go.
    blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
  });
}
