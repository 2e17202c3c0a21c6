import type { CallOptions, Commit, CommitResult, ReadRequest, Store } from '../../src/kv/store.js';
import { StoreError } from '../../src/kv/store-error.js';

/** What becomes of a commit. */
export type Fate =
  | 'done'
  /** Its outcome is unknown; it was not applied. */
  | 'lost'
  /** Its outcome is unknown; it was applied. */
  | 'applied'
  /** Its outcome is unknown; it is applied only after the next commit. */
  | 'late'
  | 'unavailable'
  /** The program is killed before it is applied; nothing works any more. */
  | 'killedBefore'
  /** The program is killed after it was applied, before it learns of it. */
  | 'killedAfter';

/** A store on which commits fail as a test wishes. Closing it leaves the store below open. */
export class FaultyStore implements Store {
  commits = 0;
  private killed = false;
  private late: Commit | undefined;

  /** `fate` is asked before each commit, with its number from 0. */
  constructor(
    private readonly store: Store,
    private readonly fate: (number: number, commit: Commit) => Fate,
  ) {}

  async read(requests: readonly ReadRequest[], options?: CallOptions) {
    this.requireAlive();
    return this.store.read(requests, options);
  }

  count(range: Parameters<Store['count']>[0], options?: CallOptions): Promise<number> {
    return this.store.count(range, options);
  }

  changes(after: number, options?: CallOptions) {
    return this.store.changes(after, options);
  }

  async close(): Promise<void> {
    // The store below belongs to the test.
  }

  async commit(commit: Commit, options?: CallOptions): Promise<CommitResult> {
    this.requireAlive();
    const number = this.commits;
    this.commits += 1;
    const fate = this.fate(number, commit);
    if (fate === 'unavailable') throw new StoreError('UNAVAILABLE', 'out of reach');
    if (fate === 'killedBefore' || fate === 'killedAfter') this.killed = true;
    if (fate === 'killedBefore') throw killed();
    if (fate === 'lost') throw unknown();
    if (fate === 'late') {
      await this.applyLate();
      this.late = commit;
      throw unknown();
    }
    const result = await this.store.commit(commit, options);
    await this.applyLate();
    if (fate === 'killedAfter') throw killed();
    if (fate === 'applied') throw unknown();
    return result;
  }

  private async applyLate(): Promise<void> {
    const { late } = this;
    this.late = undefined;
    if (late) await this.store.commit(late);
  }

  private requireAlive(): void {
    if (this.killed) throw killed();
  }
}

/** A store whose program is killed after some commits: nothing is written any more. */
export function dyingAfter(store: Store, commits: number): Store {
  return new FaultyStore(store, (number) => (number < commits ? 'done' : 'unavailable'));
}

function unknown(): StoreError {
  return new StoreError('UNKNOWN_OUTCOME', 'nobody knows');
}

function killed(): StoreError {
  return new StoreError('CLOSED', 'the program was killed');
}
