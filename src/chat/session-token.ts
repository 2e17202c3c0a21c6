import { createHash } from 'node:crypto';
import type { RandomBytes } from './ids.js';

const form = /^hf1_([A-Za-z0-9_-]{22})([A-Za-z0-9_-]{43})$/;

/** A session's id is the hash of its secret: the store can find a session, but not make its token. */
function idOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** A new token and what is stored of it. 256 random bits. */
export function newSessionToken(
  accountId: string,
  random: RandomBytes,
): { token: string; sessionId: string } {
  const secret = Buffer.from(random(32)).toString('base64url');
  return { token: `hf1_${accountId}${secret}`, sessionId: idOf(secret) };
}

/** Undefined when the text is no token of this service. */
export function parseSessionToken(token: string): { accountId: string; sessionId: string } | undefined {
  const [, accountId, secret] = form.exec(token) ?? [];
  if (accountId === undefined || secret === undefined) return undefined;
  return { accountId, sessionId: idOf(secret) };
}

export function isSessionId(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text);
}
