/** Bytes that order entries: keys compare as unsigned bytes, a shorter key before its extensions. */
export type Key = Uint8Array;

/** All keys k with start <= k < end. */
export type KeyRange = { readonly start: Key; readonly end: Key };

/**
 * The number of a commit. A commit's is higher than that of every commit acknowledged before it began. Commits
 * that run at the same time and touch different keys may share one; a commit that changes nothing may get that
 * of the commit before it. A safe integer; 0 stands before the first commit.
 */
export type Revision = number;

export type Entry = {
  readonly key: Key;
  readonly value: Uint8Array;
  /** Revision of the commit that wrote this value. */
  readonly revision: Revision;
};

export type ReadRange = KeyRange & {
  /** At most this many entries; default and maximum: `limits.readEntries`. */
  readonly limit?: number;
  /** From the end of the range to its start. May cost as much as the whole range, whatever the limit. Default: false. */
  readonly reverse?: boolean;
};

/** One key (a range of at most one entry) or a range. */
export type ReadRequest = { readonly key: Key } | ReadRange;

export type Snapshot = {
  /** The snapshot holds every commit up to this one and none after it. */
  readonly revision: Revision;
  /** One list for each request, in the requests' order. */
  readonly results: readonly (readonly Entry[])[];
};

/** The key still has this revision; null: the key is absent. */
export type Check = { readonly key: Key; readonly revision: Revision | null };

export type Put = {
  readonly type: 'put';
  readonly key: Key;
  readonly value: Uint8Array;
  /**
   * What the key held before must leave the disk too, as with what is deleted. An adapter that lets go of every old
   * value by itself needs no telling. Default: false.
   */
  readonly erase?: boolean;
};

export type Write =
  Put | { readonly type: 'delete'; readonly key: Key } | ({ readonly type: 'deleteRange' } & KeyRange);

export type Commit = {
  readonly checks: readonly Check[];
  readonly writes: readonly Write[];
  /** May use the space that is kept back for deleting. Default: false. */
  readonly reserve?: boolean;
};

export type CommitResult = { readonly ok: true; readonly revision: Revision } | { readonly ok: false };

export type Change =
  | { readonly type: 'put'; readonly key: Key; readonly value: Uint8Array }
  | { readonly type: 'delete'; readonly key: Key };

/**
 * All that was changed at one revision, in key order. A deleted range shows as one delete for each key it held.
 */
export type ChangeBatch = { readonly revision: Revision; readonly changes: readonly Change[] };

export type CallOptions = {
  /** Ends the wait, not the commit: a commit given up on has an unknown outcome. */
  readonly signal?: AbortSignal;
};

/**
 * An ordered map from byte keys to byte values with optimistic transactions and a feed of changes.
 * Every adapter passes the suite in `contract.ts`. Errors are `StoreError`s; see there for their codes.
 */
export interface Store {
  /** Reads from one snapshot that holds every commit acknowledged before the call. */
  read(requests: readonly ReadRequest[], options?: CallOptions): Promise<Snapshot>;
  /** Number of keys in the range, as of some moment during the call. */
  count(range: KeyRange, options?: CallOptions): Promise<number>;
  /**
   * Applies all writes in order if every check holds, else none. Resolves once durable. A failed check
   * is a value. Rejects with `UNKNOWN_OUTCOME` when it may or may not have been applied: never try that
   * again without reading first.
   */
  commit(commit: Commit, options?: CallOptions): Promise<CommitResult>;
  /**
   * Yields each revision after `after` once, in order, as it becomes durable; ends when the signal aborts.
   * Throws `COMPACTED` when commits after `after` are no longer kept, or when the consumer falls behind
   * by more than the adapter buffers.
   */
  changes(after: Revision, options?: CallOptions): AsyncIterable<ChangeBatch>;
  /** Waits for what is in flight, then releases everything. Idempotent. */
  close(): Promise<void>;
}
