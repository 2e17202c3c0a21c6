import type { ChatClient } from '../client/chat-client.js';
import type { Message, Target } from '../client/types.js';
import { CliError, exitStatus } from './cli-error.js';

export const whoHelp = 'a username, or id: and the id of a conversation';

/** A username, or `id:` and a conversation's id. */
export function parseTarget(who: string): Target {
  return who.startsWith('id:') ? { conversationId: who.slice(3) } : { username: who };
}

/** What `parseTarget` reads. */
export function formatTarget({ username, conversationId }: Target): string {
  return username ?? `id:${conversationId ?? ''}`;
}

/** The last message of a conversation. Throws CliError when there is none. */
export async function lastMessageOf(client: ChatClient, who: string): Promise<Message> {
  const { items } = await client.listMessages({ target: parseTarget(who), pageSize: 1 });
  const [message] = items;
  if (!message) throw new CliError(exitStatus.refused, `there are no messages with ${who}`);
  return message;
}

/** The id of the conversation, which must have a message. */
export async function conversationOf(client: ChatClient, who: string): Promise<string> {
  return parseTarget(who).conversationId ?? (await lastMessageOf(client, who)).conversationId;
}
