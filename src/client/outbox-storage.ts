import type { Target, Time } from './types.js';

/** What is kept of an entry; plain data. */
export type OutboxRecord = {
  /** Names the record. It stays when the entry is edited, so that the old text goes in the same step. */
  readonly key: string;
  /** Entries of one conversation go out in this order; the key decides between equal ones. */
  readonly order: number;
  readonly clientMessageId: string;
  readonly target: Target;
  readonly text: string;
  readonly addTime: Time;
  /** The last number of the conversation that was known before the first try; undefined before that. */
  readonly knownSeq?: number | undefined;
  /** It may have been sent. */
  readonly tried: boolean;
  /** Why a server will never take it. */
  readonly refusal?: { readonly reason: string; readonly message: string } | undefined;
};

/**
 * Keeps the entries of one account's outbox through the death of the process. Several processes (or tabs)
 * may use one storage at the same time: what one has put, the others get. What a storage throws is told to
 * whoever added the entry, or else tried again later.
 */
export interface OutboxStorage {
  /** All records, in any order. */
  load(): Promise<readonly OutboxRecord[]>;
  /** Undefined when there is none. */
  get(key: string): Promise<OutboxRecord | undefined>;
  /** Adds or replaces a record, whole or not at all; resolves once it is durable. */
  put(record: OutboxRecord): Promise<void>;
  /** Resolves also when there is none. */
  remove(key: string): Promise<void>;
}

/** Forgets everything with the process: for tests, and for those who want nothing kept. */
export class MemoryOutboxStorage implements OutboxStorage {
  private readonly records = new Map<string, OutboxRecord>();

  load(): Promise<readonly OutboxRecord[]> {
    return Promise.resolve([...this.records.values()]);
  }

  get(key: string): Promise<OutboxRecord | undefined> {
    return Promise.resolve(this.records.get(key));
  }

  put(record: OutboxRecord): Promise<void> {
    this.records.set(record.key, record);
    return Promise.resolve();
  }

  remove(key: string): Promise<void> {
    this.records.delete(key);
    return Promise.resolve();
  }
}
