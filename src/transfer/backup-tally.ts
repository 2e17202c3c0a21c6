import { createHash } from 'node:crypto';
import type { BackupKind } from './backup-kind.js';
import type { BackupCounts, BackupTrailer } from './backup-line.js';

/** What the last line of a backup says about those before it. */
export class BackupTally {
  private readonly hash = createHash('sha256');
  private lines = 0;
  private readonly counts: BackupCounts = { accounts: 0, conversations: 0, messages: 0, sessions: 0 };

  /** `bytes`: the line as it is in the file, with its line end. `kind`: of its entry, if it has one. */
  add(bytes: string | Uint8Array, kind?: BackupKind): void {
    this.hash.update(bytes);
    this.lines += 1;
    if (kind?.counted) this.counts[kind.counted] += 1;
  }

  /** Of everything added; may be called once. */
  trailer(): BackupTrailer {
    return { lines: this.lines, counts: { ...this.counts }, sha256: this.hash.digest('hex') };
  }
}
