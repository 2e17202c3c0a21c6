import { Code } from '@connectrpc/connect';
import { ClientError } from './client-error.js';

/** Bytes of UTF-8 that a message may have (proto/holdfast/v1/message.proto). */
export const maxTextBytes = 16 * 1_024;

/**
 * Throws what a server would answer to this text (TEXT_MISSING, TEXT_TOO_LONG, TEXT_INVALID), so that its
 * writer is told while it can still be changed, also without a server.
 */
export function checkText(text: string): void {
  if (text === '') throw refused('TEXT_MISSING', 'Give a text of at least 1 byte.');
  if (text.length > maxTextBytes || new TextEncoder().encode(text).length > maxTextBytes) {
    throw refused('TEXT_TOO_LONG', 'A text has at most 16 KiB of UTF-8: send it in parts.');
  }
  if (!text.isWellFormed()) {
    throw refused('TEXT_INVALID', 'The text is not valid Unicode: it has half of a surrogate pair.');
  }
}

function refused(reason: string, message: string): ClientError {
  return new ClientError(Code.InvalidArgument, reason, message);
}
