export type TransferErrorCode =
  /** The file is no export, or no backup. */
  | 'FOREIGN'
  /** A newer program wrote the file. */
  | 'NEWER'
  /** The end of the file is missing. */
  | 'TRUNCATED'
  /** The file is not as it was written. */
  | 'DAMAGED'
  /** The store has data that does not come from this file. */
  | 'NOT_EMPTY'
  /** An import of another file into this store is unfinished. */
  | 'OTHER_IMPORT'
  /** The store has only a part of what is imported into it. */
  | 'UNFINISHED'
  /** The store has forgotten, for want of space, what it was when a backup began. */
  | 'HISTORY_LOST'
  /** Someone else writes to the store that is imported into. */
  | 'CONFLICT';

/** Why an export, an import, a backup or a restore is refused, in one line. */
export class TransferError extends Error {
  override readonly name = 'TransferError';

  constructor(
    readonly code: TransferErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** `reason` completes "line 12 …". */
export function damaged(line: number, reason: string): TransferError {
  return new TransferError('DAMAGED', `is damaged: line ${line} ${reason}`);
}
