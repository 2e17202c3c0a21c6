import { keys } from '../chat/keys.js';
import { records } from '../chat/records.js';
import type { Check, Key, Store, Write } from '../kv/store.js';
import { StoreError } from '../kv/store-error.js';
import { patiently } from './patience.js';
import type { Wait } from './patience.js';
import { TransferError } from './transfer-error.js';

export type NewEntry = { readonly key: Key; readonly value: Uint8Array };

/** Commits that fail a check or leave their outcome unknown, one after the other. */
const attempts = 20;
/** Milliseconds before looking what became of a commit of unknown outcome. */
const unknownDelay = 100;
/** Messages that one commit takes the text of. */
const deletedTogether = 200;

/**
 * Writes that may be done again at any time, by this run or by another one that imports the same file. What is
 * there already is compared and never overwritten, so that a commit of unknown outcome does no harm, however
 * late it is applied.
 */
export class CarefulWriter {
  constructor(
    private readonly store: Store,
    private readonly wait: Wait,
  ) {}

  /** Puts entries of one partition, within the limits of a commit. Throws CONFLICT where another value is. */
  async create(entries: readonly NewEntry[]): Promise<void> {
    let missing = entries;
    for (let i = 0; i < attempts; i += 1) {
      const checks = missing.map(({ key }) => ({ key, revision: null }));
      const done = await this.commit(
        checks,
        missing.map((entry) => ({ type: 'put', ...entry })),
      );
      if (done) return;
      missing = await this.missing(missing);
      if (missing.length === 0) return;
    }
    throw new StoreError('UNKNOWN_OUTCOME', 'whether the store has taken what was written stays unknown');
  }

  /** Takes entries of one partition away, within the limits of a commit, where they are there. */
  async remove(entries: readonly NewEntry[]): Promise<void> {
    const writes = entries.map(({ key }) => ({ type: 'delete' as const, key }));
    for (let i = 0; i < attempts; i += 1) if (await this.commit([], writes)) return;
    throw new StoreError('UNKNOWN_OUTCOME', 'whether the store has removed an entry stays unknown');
  }

  /** Takes the texts of messages away. */
  async deleteTexts(conversationId: string, seqs: readonly number[]): Promise<void> {
    for (let at = 0; at < seqs.length; at += deletedTogether) {
      await this.deleteSome(
        seqs.slice(at, at + deletedTogether).map((seq) => keys.message(conversationId, seq)),
      );
    }
  }

  private async deleteSome(messages: readonly Key[]): Promise<void> {
    for (let i = 0; i < attempts; i += 1) {
      const checks: Check[] = [];
      const writes: Write[] = [];
      for (const [entry] of await this.read(messages)) {
        if (!entry) throw conflict();
        const record = records.message.decode(entry.value);
        if (record.text === null) continue;
        const { key, revision } = entry;
        checks.push({ key, revision });
        const value = records.message.encode({ ...record, text: null, appended: 0 });
        writes.push({ type: 'put', key, value, erase: true });
      }
      if (writes.length === 0 || (await this.commit(checks, writes))) return;
    }
    throw new StoreError('UNKNOWN_OUTCOME', 'whether the store has deleted a text stays unknown');
  }

  private async missing(entries: readonly NewEntry[]): Promise<readonly NewEntry[]> {
    const found = await this.read(entries.map(({ key }) => key));
    return entries.filter(({ value }, i) => {
      const there = found[i]?.[0];
      if (there && Buffer.compare(there.value, value) !== 0) throw conflict();
      return !there;
    });
  }

  private async read(wanted: readonly Key[]) {
    return (await patiently(this.wait, () => this.store.read(wanted.map((key) => ({ key }))))).results;
  }

  /** False when a check failed, or nobody knows. */
  private async commit(checks: readonly Check[], writes: readonly Write[]): Promise<boolean> {
    try {
      return (await patiently(this.wait, () => this.store.commit({ checks, writes }))).ok;
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'UNKNOWN_OUTCOME') throw error;
      await this.wait(unknownDelay);
      return false;
    }
  }
}

function conflict(): TransferError {
  return new TransferError(
    'CONFLICT',
    'someone else is writing to the data that is imported into: begin again with an empty server',
  );
}
