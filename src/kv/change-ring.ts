import { StoreError } from './store-error.js';
import type { ChangeBatch, Revision } from './store.js';

function sizeOf({ changes }: ChangeBatch): number {
  let bytes = 64;
  for (const change of changes) {
    bytes += 64 + change.key.length + (change.type === 'put' ? change.value.length : 0);
  }
  return bytes;
}

/** The latest batches of changes, in memory, for any number of readers. Their revisions rise, with gaps. */
export class ChangeRing {
  private batches: { readonly batch: ChangeBatch; readonly bytes: number }[] = [];
  private bytes = 0;
  /** Batches taken off the front but still in the array. */
  private dropped = 0;
  /** The number, of all that were ever pushed, of the first batch in the array. */
  private firstNumber = 0;
  private floor: Revision;
  private last: Revision;
  private waiting = new Set<() => void>();
  private closed = false;

  constructor(
    /** Batches after this revision will be pushed. */
    start: Revision,
    /** Bytes kept, about. */
    private readonly capacity: number,
  ) {
    this.floor = start;
    this.last = start;
  }

  /** Every batch after this revision is here. */
  get since(): Revision {
    return this.floor;
  }

  /** Of the last batch; of the start while there was none. */
  get revision(): Revision {
    return this.last;
  }

  push(batch: ChangeBatch): void {
    const bytes = sizeOf(batch);
    this.batches.push({ batch, bytes });
    this.bytes += bytes;
    this.last = batch.revision;
    while (this.bytes > this.capacity && this.dropped < this.batches.length) {
      const oldest = this.batches[this.dropped];
      this.bytes -= oldest?.bytes ?? 0;
      this.floor = oldest?.batch.revision ?? this.floor;
      this.dropped += 1;
    }
    // Seldom enough to cost little, and soon enough for batches of any size.
    if (this.dropped > 16 && this.dropped * 2 > this.batches.length) {
      this.batches = this.batches.slice(this.dropped);
      this.firstNumber += this.dropped;
      this.dropped = 0;
    }
    this.wake();
  }

  /** Starts anew from a revision, after batches were missed: whoever reads learns that some are missing. */
  restart(revision: Revision): void {
    this.firstNumber += this.batches.length + 1;
    this.batches = [];
    this.dropped = 0;
    this.bytes = 0;
    this.floor = revision;
    this.last = revision;
    this.wake();
  }

  close(): void {
    this.closed = true;
    this.wake();
  }

  /** Yields every batch after `after`, as they come; ends when the signal aborts. Throws COMPACTED or CLOSED. */
  async *read(after: Revision, signal: AbortSignal | undefined): AsyncGenerator<ChangeBatch> {
    if (after < this.floor) throw missing(after);
    const onAbort = () => this.wake();
    signal?.addEventListener('abort', onAbort);
    try {
      let seen = after;
      for (let number = this.numberAfter(after); !signal?.aborted;) {
        if (this.closed) throw new StoreError('CLOSED', 'the store is closed');
        if (number < this.firstNumber + this.dropped) throw missing(seen);
        const batch = this.batches[number - this.firstNumber]?.batch;
        if (!batch) {
          await new Promise<void>((resolve) => this.waiting.add(resolve));
          continue;
        }
        number += 1;
        seen = batch.revision;
        // One that was asked for from the future is not told what comes before.
        if (seen > after) yield batch;
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** The number of the first batch after a revision. */
  private numberAfter(revision: Revision): number {
    let low = this.dropped;
    let high = this.batches.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.batches[middle]?.batch.revision ?? Infinity) > revision) high = middle;
      else low = middle + 1;
    }
    return this.firstNumber + low;
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = new Set();
    for (const resolve of waiting) resolve();
  }
}

function missing(after: Revision): StoreError {
  return new StoreError('COMPACTED', `changes after revision ${after} are not kept any more`);
}
