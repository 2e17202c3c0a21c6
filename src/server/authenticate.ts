import { ChatError } from '../chat/chat-error.js';
import type { Caller } from '../chat/types.js';
import type { Call } from './route.js';

/** Throws TOKEN_MISSING, TOKEN_MALFORMED, SESSION_ENDED, SESSION_EXPIRED, IMPORT_UNFINISHED or CALLS_TOO_MANY. */
export async function authenticate({ authorization, chat, limits }: Call): Promise<Caller> {
  if (authorization === undefined || authorization === '') throw new ChatError('TOKEN_MISSING');
  const [, token] = /^bearer +(\S+) *$/i.exec(authorization) ?? [];
  if (token === undefined) throw new ChatError('TOKEN_MALFORMED');
  const caller = await chat.sessions.authenticate(token);
  limits.call(caller.sessionId);
  return caller;
}
