import type { Target } from '../../../src/client/types.js';

/** What a conversation's draft is kept under: the person, who may be written to before there is an id. */
export function draftName({ username, conversationId }: Target): string {
  return username === undefined ? `id ${conversationId}` : username.toLowerCase();
}
