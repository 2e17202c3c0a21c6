import { keys } from '../chat/keys.js';
import { readRecord } from '../chat/optimistic.js';
import type { Stored } from '../chat/optimistic.js';
import { records } from '../chat/records.js';
import type { ImportRecord } from '../chat/records.js';
import type { Store, Write } from '../kv/store.js';
import { StoreError } from '../kv/store-error.js';
import { patiently } from './patience.js';
import type { Wait } from './patience.js';
import { TransferError } from './transfer-error.js';

const attempts = 20;
const key = keys.importMarker();

/**
 * What the store says of its import. It belongs to the run that wrote it last: a run that was taken for dead and
 * goes on finds out with its next step.
 */
export class ImportMarker {
  private constructor(
    private readonly store: Store,
    private readonly wait: Wait,
    private stored: Stored<ImportRecord> | undefined,
  ) {}

  static async read(store: Store, wait: Wait): Promise<ImportMarker> {
    const stored = await patiently(wait, () => readRecord(store, key, records.importMarker));
    return new ImportMarker(store, wait, stored);
  }

  get record(): ImportRecord | undefined {
    return this.stored?.record;
  }

  /** Writes it; undefined: removes it. Throws CONFLICT when another run has written it since. */
  async put(record: ImportRecord | undefined): Promise<void> {
    const write: Write = record
      ? { type: 'put', key, value: records.importMarker.encode(record) }
      : { type: 'delete', key };
    for (let i = 0; i < attempts; i += 1) {
      await this.tryPut(write);
      const now = await patiently(this.wait, () => readRecord(this.store, key, records.importMarker));
      if (same(now?.record, record)) {
        this.stored = now;
        return;
      }
      if (now?.revision !== this.stored?.revision)
        throw new TransferError('CONFLICT', 'another run of this import has taken over');
    }
    throw new StoreError('UNKNOWN_OUTCOME', 'whether the store has noted the import stays unknown');
  }

  /** Whatever comes of it shows when the marker is read again. */
  private async tryPut(write: Write): Promise<void> {
    const checks = [{ key, revision: this.stored?.revision ?? null }];
    try {
      await patiently(this.wait, () => this.store.commit({ checks, writes: [write] }));
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'UNKNOWN_OUTCOME') throw error;
      await this.wait(100);
    }
  }
}

function same(a: ImportRecord | undefined, b: ImportRecord | undefined): boolean {
  return a?.file === b?.file && a?.run === b?.run && a?.line === b?.line && a?.state === b?.state;
}
