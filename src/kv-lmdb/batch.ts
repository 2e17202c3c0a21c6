import type {
  Change,
  ChangeBatch,
  Check,
  Commit,
  CommitResult,
  Key,
  KeyRange,
  Revision,
} from '../kv/store.js';

/** What is stored, as the commits of a batch find it. Values have their revision in front (`withRevision`). */
export interface StoredView {
  get(key: Buffer): Buffer | undefined;
  keys(range: { readonly start: Buffer; readonly end: Buffer }): Iterable<Buffer>;
}

/** A key's new value, with its revision in front; undefined: it is removed. */
export type StoredWrite = { readonly key: Buffer; readonly value: Buffer | undefined };

/** What becomes of the commits of one transaction, and what is to be written for it. */
export type BatchOutcome = {
  readonly results: readonly CommitResult[];
  readonly batches: readonly ChangeBatch[];
  /** One for each key, in no order. */
  readonly writes: readonly StoredWrite[];
  /** Of the last commit that was applied; the one before the batch when none was. */
  readonly revision: Revision;
  /** Something that was stored is removed, or replaced by a write that erases. */
  readonly erases: boolean;
};

/** A view of the same bytes. */
export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

export function withRevision(revision: Revision, value: Uint8Array): Buffer {
  const stored = Buffer.allocUnsafe(8 + value.length);
  stored.writeUInt32BE(Math.floor(revision / 2 ** 32), 0);
  stored.writeUInt32BE(revision % 2 ** 32, 4);
  stored.set(value, 8);
  return stored;
}

export function revisionOf(stored: Buffer): Revision {
  return stored.readUInt32BE(0) * 2 ** 32 + stored.readUInt32BE(4);
}

/**
 * Decides commits in order, each upon those before it. A commit whose checks don't hold leaves no trace.
 * Nothing is written here: this process is the only one that writes, so what is stored can't change meanwhile.
 */
export function decideBatch(view: StoredView, last: Revision, commits: readonly Commit[]): BatchOutcome {
  const overlay = new Overlay(view);
  const results: CommitResult[] = [];
  const batches: ChangeBatch[] = [];
  let revision = last;
  for (const { checks, writes } of commits) {
    if (!checks.every((check) => holds(overlay, check))) {
      results.push({ ok: false });
      continue;
    }
    revision += 1;
    const changes = new Map<string, Change>();
    const remove = (key: Key) => {
      if (overlay.remove(toBuffer(key))) changes.set(nameOf(key), { type: 'delete', key });
    };
    for (const write of writes) {
      if (write.type === 'put') {
        const { key, value, erase } = write;
        overlay.put(toBuffer(key), withRevision(revision, value), erase);
        changes.set(nameOf(key), { type: 'put', key, value });
      } else if (write.type === 'delete') remove(write.key);
      else for (const key of overlay.keys(write)) remove(key);
    }
    results.push({ ok: true, revision });
    batches.push({
      revision,
      changes: [...changes.values()].sort((a, b) => Buffer.compare(a.key, b.key)),
    });
  }
  return { results, batches, writes: overlay.writes(), revision, erases: overlay.erases };
}

/** What is stored, with the batch's writes so far upon it. */
class Overlay {
  private readonly written = new Map<string, StoredWrite>();
  erases = false;

  constructor(private readonly view: StoredView) {}

  get(key: Buffer): Buffer | undefined {
    const written = this.written.get(nameOf(key));
    return written ? written.value : this.view.get(key);
  }

  put(key: Buffer, value: Buffer, erase = false): void {
    this.erases ||= erase && this.get(key) !== undefined;
    this.written.set(nameOf(key), { key, value });
  }

  /** Whether there was something to remove. */
  remove(key: Buffer): boolean {
    if (this.get(key) === undefined) return false;
    this.erases = true;
    this.written.set(nameOf(key), { key, value: undefined });
    return true;
  }

  /** Every key of the range that may be there. */
  keys({ start, end }: KeyRange): Buffer[] {
    const range = { start: toBuffer(start), end: toBuffer(end) };
    if (Buffer.compare(range.start, range.end) >= 0) return [];
    const inRange = ({ key }: StoredWrite) =>
      Buffer.compare(range.start, key) <= 0 && Buffer.compare(key, range.end) < 0;
    const written = [...this.written.values()].filter(inRange).map(({ key }) => key);
    return [...this.view.keys(range), ...written];
  }

  writes(): StoredWrite[] {
    return [...this.written.values()];
  }
}

function holds(overlay: Overlay, { key, revision }: Check): boolean {
  const stored = overlay.get(toBuffer(key));
  return stored ? revisionOf(stored) === revision : revision === null;
}

function nameOf(key: Key): string {
  return toBuffer(key).toString('latin1');
}
