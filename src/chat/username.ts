import { ChatError } from './chat-error.js';

/** Usernames that differ in case only are the same one. They are ASCII, so this is the whole of it. */
export function foldUsername(username: string): string {
  return username.toLowerCase();
}

/** Throws USERNAME_MISSING, USERNAME_TOO_LONG or USERNAME_INVALID. */
export function validateUsername(username: string): void {
  if (username === '') throw new ChatError('USERNAME_MISSING');
  if (username.length > 32) throw new ChatError('USERNAME_TOO_LONG');
  if (!/^[A-Za-z0-9._-]+$/.test(username)) throw new ChatError('USERNAME_INVALID');
}

/** Throws PASSWORD_MISSING, PASSWORD_TOO_SHORT or PASSWORD_TOO_LONG. */
export function validateNewPassword(password: string): void {
  validatePassword(password);
  if (Buffer.byteLength(password) < 8) throw new ChatError('PASSWORD_TOO_SHORT');
}

/** For a password that is compared: a short one is just wrong. Throws PASSWORD_MISSING, PASSWORD_TOO_LONG. */
export function validatePassword(password: string): void {
  if (password === '') throw new ChatError('PASSWORD_MISSING');
  if (Buffer.byteLength(password) > 1_024) throw new ChatError('PASSWORD_TOO_LONG');
}
