import type { OutboxRecord, OutboxStorage } from '../../../src/client/outbox-storage.js';
import type { HoldfastDatabase } from './database.js';

const strict = { durability: 'strict' } as const;

/** One account's outbox in IndexedDB, which all tabs share. */
export class DatabaseOutbox implements OutboxStorage {
  /** `onChange` is told after every change that was made here, so that other tabs can be told. */
  constructor(
    private readonly database: HoldfastDatabase,
    private readonly accountId: string,
    private readonly onChange: () => void = () => undefined,
  ) {}

  async load(): Promise<readonly OutboxRecord[]> {
    const { accountId } = this;
    // An array sorts after every string.
    const all = IDBKeyRange.bound([accountId], [accountId, []]);
    return this.database.getAll('outbox', all);
  }

  async get(key: string): Promise<OutboxRecord | undefined> {
    return this.database.get('outbox', [this.accountId, key]);
  }

  async put(record: OutboxRecord): Promise<void> {
    const change = this.database.transaction('outbox', 'readwrite', strict);
    await Promise.all([change.store.put(record, [this.accountId, record.key]), change.done]);
    this.onChange();
  }

  async remove(key: string): Promise<void> {
    const change = this.database.transaction('outbox', 'readwrite', strict);
    await Promise.all([change.store.delete([this.accountId, key]), change.done]);
    this.onChange();
  }
}
