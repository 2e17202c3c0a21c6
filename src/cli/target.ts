import type { ChatClient } from '../client/chat-client.js';
import type { Target } from '../client/types.js';
import { CliError, exitStatus } from './cli-error.js';

/** A username, or `id:` and a conversation's id. */
export function parseTarget(who: string): Target {
  return who.startsWith('id:') ? { conversationId: who.slice(3) } : { username: who };
}

/** What `parseTarget` reads. */
export function formatTarget({ username, conversationId }: Target): string {
  return username ?? `id:${conversationId ?? ''}`;
}

/** The id of the conversation, which must have a message. */
export async function conversationOf(client: ChatClient, who: string): Promise<string> {
  const target = parseTarget(who);
  if (target.conversationId !== undefined) return target.conversationId;
  const { items } = await client.listMessages({ target, pageSize: 1 });
  const [message] = items;
  if (!message) throw new CliError(exitStatus.refused, `there are no messages with ${who}`);
  return message.conversationId;
}
