import type { Commit, Key, KeyRange, Revision } from '../kv/store.js';
import { finalWrites, isWithin, nameOf } from './final-writes.js';

/** What the keys that a batch has written were like right after it. */
export class Effects {
  private readonly revisions = new Map<string, Revision | null>();
  private readonly deletedRanges: KeyRange[] = [];

  /** `commits`: those that were applied, all at this revision. */
  constructor(commits: readonly Commit[], revision: Revision) {
    for (const { writes } of commits) {
      const { puts, deletes, deleteRanges } = finalWrites(writes);
      for (const { key } of puts) this.revisions.set(nameOf(key), revision);
      for (const key of deletes) this.revisions.set(nameOf(key), null);
      this.deletedRanges.push(...deleteRanges);
    }
  }

  /** Whether a check of the commit did not hold then. */
  refutes({ checks }: Commit): boolean {
    return checks.some(({ key, revision }) => {
      const then = this.revisionOf(key);
      return then !== undefined && then !== revision;
    });
  }

  /** Undefined: the batch did not write it. */
  private revisionOf(key: Key): Revision | null | undefined {
    const revision = this.revisions.get(nameOf(key));
    if (revision !== undefined) return revision;
    return this.deletedRanges.some((range) => isWithin(key, range)) ? null : undefined;
  }
}
