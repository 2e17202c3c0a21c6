import type { ChatClient } from '../client/chat-client.js';
import { CliError, exitStatus } from './cli-error.js';

/** A username, or `id:` and a conversation's id. */
export function parseTarget(who: string) {
  if (who.startsWith('id:')) return { case: 'conversationId' as const, value: who.slice(3) };
  return { case: 'username' as const, value: who };
}

/** The id of the conversation, which must have a message. */
export async function conversationOf(client: ChatClient, who: string): Promise<string> {
  const target = parseTarget(who);
  if (target.case === 'conversationId') return target.value;
  const { messages } = await client.repeat((services, options) =>
    services.messages.listMessages({ target, pageSize: 1 }, options),
  );
  const [message] = messages;
  if (!message) throw new CliError(exitStatus.refused, `there are no messages with ${who}`);
  return message.conversationId;
}
