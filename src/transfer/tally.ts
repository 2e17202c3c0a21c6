import { createHash } from 'node:crypto';
import type { Counts, ExportLine, Trailer } from './export-line.js';

/** What the last line of an export says about those before it. */
export class Tally {
  private readonly hash = createHash('sha256');
  private lines = 0;
  private readonly counts: Counts = {
    accounts: 0,
    entries: 0,
    hidden: 0,
    conversations: 0,
    messages: 0,
    deletions: 0,
  };

  /** `bytes`: the line as it is in the file, with its line end. */
  add(line: ExportLine, bytes: string | Uint8Array): void {
    this.hash.update(bytes);
    this.lines += 1;
    if (line.type === 'account') this.counts.accounts += 1;
    else if (line.type === 'entry') this.counts.entries += 1;
    else if (line.type === 'hidden') this.counts.hidden += line.seqs.length;
    else if (line.type === 'conversation') this.counts.conversations += 1;
    else if (line.type === 'message') this.counts.messages += 1;
    else if (line.type === 'deletion') this.counts.deletions += 1;
  }

  /** Of everything added; may be called once. */
  trailer(): Trailer {
    return {
      type: 'trailer',
      lines: this.lines,
      counts: { ...this.counts },
      sha256: this.hash.digest('hex'),
    };
  }
}
