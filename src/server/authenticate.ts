import { ChatError } from '../chat/chat-error.js';
import type { Caller } from '../chat/types.js';
import type { Call } from './route.js';

/** Throws TOKEN_MISSING, TOKEN_MALFORMED, SESSION_ENDED or SESSION_EXPIRED. */
export async function authenticate({ authorization, chat }: Call): Promise<Caller> {
  if (authorization === undefined || authorization === '') throw new ChatError('TOKEN_MISSING');
  const [, token] = /^bearer +(\S+) *$/i.exec(authorization) ?? [];
  if (token === undefined) throw new ChatError('TOKEN_MALFORMED');
  return chat.sessions.authenticate(token);
}
