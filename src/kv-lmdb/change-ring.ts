import { StoreError } from '../kv/store-error.js';
import type { ChangeBatch, Revision } from '../kv/store.js';

function sizeOf({ changes }: ChangeBatch): number {
  let bytes = 64;
  for (const change of changes) {
    bytes += 64 + change.key.length + (change.type === 'put' ? change.value.length : 0);
  }
  return bytes;
}

/** The latest commits, in memory. Each has the revision that follows the one before. */
export class ChangeRing {
  private batches: { readonly batch: ChangeBatch; readonly bytes: number }[] = [];
  private bytes = 0;
  /** Batches taken off the front but still in the array. */
  private dropped = 0;
  private waiting = new Set<() => void>();
  private closed = false;

  constructor(
    /** The revision of the last commit. */
    private last: Revision,
    private readonly capacity: number,
  ) {}

  push(batch: ChangeBatch): void {
    const bytes = sizeOf(batch);
    this.batches.push({ batch, bytes });
    this.bytes += bytes;
    this.last = batch.revision;
    while (this.bytes > this.capacity && this.dropped < this.batches.length) {
      this.bytes -= this.batches[this.dropped]?.bytes ?? 0;
      this.dropped += 1;
    }
    if (this.dropped > 1_024 && this.dropped * 2 > this.batches.length) {
      this.batches = this.batches.slice(this.dropped);
      this.dropped = 0;
    }
    this.wake();
  }

  close(): void {
    this.closed = true;
    this.wake();
  }

  /** Yields every batch after `after`. Throws COMPACTED, INVALID or CLOSED. */
  async *read(after: Revision, signal: AbortSignal | undefined): AsyncGenerator<ChangeBatch> {
    if (after > this.last) throw new StoreError('INVALID', 'changes can not be read from the future');
    const onAbort = () => this.wake();
    signal?.addEventListener('abort', onAbort);
    try {
      for (let seen = after; !signal?.aborted;) {
        if (this.closed) throw new StoreError('CLOSED', 'the store is closed');
        if (seen === this.last) {
          await new Promise<void>((resolve) => this.waiting.add(resolve));
          continue;
        }
        const at = this.batches.length - (this.last - seen);
        const batch = at >= this.dropped ? this.batches[at]?.batch : undefined;
        if (!batch) throw new StoreError('COMPACTED', `changes after revision ${seen} are not kept any more`);
        yield batch;
        seen = batch.revision;
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  private wake(): void {
    const { waiting } = this;
    this.waiting = new Set();
    for (const resolve of waiting) resolve();
  }
}
