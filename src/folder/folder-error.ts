export type FolderErrorCode =
  /** Another process has it open. */
  | 'IN_USE'
  /** It holds nothing, and nothing is to be made. */
  | 'MISSING'
  /** It holds something that is not Holdfast's, or another node's. */
  | 'FOREIGN'
  /** It can't be made or written. */
  | 'UNWRITABLE'
  /** A newer program made it. */
  | 'VERSION'
  /** What is in it can't be opened. */
  | 'DAMAGED';

/** Why a data folder can't be opened, in one line. Nothing in the folder was changed but its lock. */
export class FolderError extends Error {
  override readonly name = 'FolderError';

  constructor(
    readonly code: FolderErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

export function folderInUse(folder: string, cause?: unknown): FolderError {
  const message = `data folder ${folder} is in use by another server: stop that one first`;
  return new FolderError('IN_USE', message, { cause });
}

export function folderNotLocked(folder: string, reason: string, cause: unknown): FolderError {
  return new FolderError('UNWRITABLE', `data folder ${folder} can not be locked: ${reason}`, { cause });
}
