export type StoreErrorCode =
  /** The store can't be reached, or has no quorum. Nothing was written. */
  | 'UNAVAILABLE'
  /** A commit that may or may not have been applied. */
  | 'UNKNOWN_OUTCOME'
  /** The feed can't be resumed from there: commits are missing. */
  | 'COMPACTED'
  /** A key, value, commit or read is over a limit of `limits.ts`, or malformed. */
  | 'INVALID'
  /** No room is left for writing. Nothing was written. */
  | 'OUT_OF_SPACE'
  /** The store is closing or closed. Nothing was written. */
  | 'CLOSED'
  /** Stored bytes are not what was written. */
  | 'CORRUPT';

/** The only kind of error that a store throws. */
export class StoreError extends Error {
  override readonly name = 'StoreError';

  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  /** Whether the very same call may be made again without harm. */
  get retryable(): boolean {
    return this.code === 'UNAVAILABLE';
  }
}
