import { createHash } from 'node:crypto';

/** Returns that many bytes no one can guess. Passed in, so that tests can repeat a run. */
export type RandomBytes = (count: number) => Uint8Array;

/** 128 random bits: never the same twice. */
export function newAccountId(random: RandomBytes): string {
  return Buffer.from(random(16)).toString('base64url');
}

/** Members of the conversation of these two, in their order; one member when they are the same. */
export function directMembers(first: string, second: string): string[] {
  if (first === second) return [first];
  return first < second ? [first, second] : [second, first];
}

/** Derived from the members, so that both can open it at once without agreeing on anything. */
export function directConversationId(first: string, second: string): string {
  const hash = createHash('sha256').update(`direct\0${directMembers(first, second).join('\0')}`);
  return hash.digest().subarray(0, 16).toString('base64url');
}

/** Whether a text has the form of an account's or a conversation's id. */
export function isId(text: string): boolean {
  return /^[A-Za-z0-9_-]{22}$/.test(text);
}
