import { text as readAll } from 'node:stream/consumers';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { Message } from '../../api/holdfast/v1/conversation_pb.js';
import type { ChatClient } from '../../client/chat-client.js';
import { CliError, exitStatus } from '../cli-error.js';
import { act } from '../command.js';
import { conversationJson, messageJson } from '../json.js';
import { messageLine, table } from '../lines.js';
import { collect } from '../pages.js';
import { printable } from '../printable.js';
import { conversationOf, parseTarget } from '../target.js';

export function parseNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 0.');
  return Number(text);
}

const whoHelp = 'a username, or id: and the id of a conversation';

export function addMessageCommands(program: Command): void {
  program
    .command('send')
    .argument('<who>', whoHelp)
    .argument('<text...>', "the message; '-' reads it from standard input")
    .description('send a message')
    .addHelpText('after', '\nExamples:\n  holdfast send bob Hello, Bob\n  uptime | holdfast send bob -')
    .action(
      act(async (session, [who = '', ...words]) => {
        const { client } = await session.loggedIn();
        const fromInput = words.length === 1 && words[0] === '-';
        const text = fromInput ? (await readAll(process.stdin)).replace(/\r?\n$/, '') : words.join(' ');
        const message = await client.send({ target: parseTarget(who), text });
        session.print(`Sent, number ${message.seq}.`, messageJson(message));
      }),
    );

  program
    .command('read')
    .argument('[who]', `${whoHelp}; left out with --unread`)
    .option('--unread', 'what others have sent that you have not read, in all conversations')
    .option('--limit <count>', 'at most this many messages', parseNumber, 50)
    .option('--before <number>', 'messages before this number', parseNumber)
    .option('--after <number>', 'messages after this number', parseNumber)
    .option('--all', 'the whole conversation')
    .option('--peek', 'do not mark as read')
    .description('read messages, oldest first; marks them as read')
    .addHelpText(
      'after',
      '\nExamples:\n  holdfast read bob\n  holdfast read bob --before 51\n  holdfast read --unread',
    )
    .action(
      act<ReadOptions>(async (session, [who], options) => {
        if ((who === undefined) === !options.unread) {
          throw new CliError(exitStatus.usage, 'say whose messages to read, or --unread');
        }
        if (options.before !== undefined && options.after !== undefined) {
          throw new CliError(exitStatus.usage, 'give --before or --after, not both');
        }
        const { client } = await session.loggedIn();
        const shown =
          who === undefined ? await readUnread(client, options) : await readHistory(client, who, options);
        for (const message of shown) session.print(messageLine(message), messageJson(message));
        if (shown.length === 0)
          session.note(options.unread ? 'Nothing is unread.' : 'There are no messages.');
        const [first] = shown;
        if (who !== undefined && first && first.seq > 1n && options.after === undefined) {
          session.note(`Older ones: holdfast read ${who} --before ${first.seq}`);
        }
        if (!options.peek) await markRead(client, shown);
      }),
    );

  program
    .command('conversations')
    .option('--limit <count>', 'at most this many', parseNumber, 50)
    .description('list your conversations, the latest first')
    .action(
      act<{ limit: number }>(async (session, _args, { limit }) => {
        const { client } = await session.loggedIn();
        const found = await collect(limit, async (pageToken, pageSize) => {
          const reply = await client.repeat(({ conversations }, options) =>
            conversations.listConversations({ pageToken, pageSize }, options),
          );
          return { items: reply.conversations, nextPageToken: reply.nextPageToken };
        });
        if (session.options.json) {
          for (const one of found) session.print('', conversationJson(one));
          return;
        }
        if (found.length === 0) session.note('There are none yet: holdfast send WHO TEXT');
        else {
          const rows = found.map((one) => [
            one.title === '' ? `id:${one.id}` : printable(one.title),
            one.unreadCount > 0n ? `${one.unreadCount} unread` : '',
            one.closed ? '(deleted account)' : '',
            one.lastMessage ? printable(one.lastMessage.text).slice(0, 60) : '',
          ]);
          session.print(table(rows), {});
        }
      }),
    );

  program
    .command('delete')
    .argument('<who>', whoHelp)
    .argument('<numbers...>', 'numbers of messages, as read shows them')
    .option('--for-everyone', 'for all members; only messages of your own')
    .description('delete messages, for yourself or for everyone')
    .addHelpText('after', '\nExamples:\n  holdfast delete bob 3 4\n  holdfast delete bob 5 --for-everyone')
    .action(
      act<{ forEveryone?: boolean }>(async (session, [who = '', ...numbers], { forEveryone = false }) => {
        const bad = numbers.find((number) => !/^\d{1,15}$/.test(number));
        if (bad !== undefined) throw new CliError(exitStatus.usage, `${bad} is no message number`);
        const { client } = await session.loggedIn();
        const conversationId = await conversationOf(client, who);
        const seqs = numbers.map(BigInt);
        await client.repeat(({ messages }, options) =>
          messages.deleteMessages({ conversationId, seqs, forEveryone }, options),
        );
        const json = { conversation_id: conversationId, seqs: seqs.map(Number), for_everyone: forEveryone };
        session.print(forEveryone ? 'Deleted for everyone.' : 'Deleted for you.', json);
      }),
    );
}

type ReadOptions = {
  readonly unread?: boolean;
  readonly limit: number;
  readonly before?: number;
  readonly after?: number;
  readonly all?: boolean;
  readonly peek?: boolean;
};

async function readUnread(client: ChatClient, { limit, all }: ReadOptions): Promise<Message[]> {
  return collect(all ? Infinity : limit, async (pageToken, pageSize) => {
    const reply = await client.repeat(({ messages }, options) =>
      messages.listUnread({ pageToken, pageSize }, options),
    );
    return { items: reply.messages, nextPageToken: reply.nextPageToken };
  });
}

async function readHistory(
  client: ChatClient,
  who: string,
  { limit, before, after, all }: ReadOptions,
): Promise<Message[]> {
  const target = parseTarget(who);
  const bound =
    after === undefined
      ? { ...(before !== undefined && { beforeSeq: BigInt(before) }) }
      : { afterSeq: BigInt(after) };
  const found = await collect(all ? Infinity : limit, async (pageToken, pageSize) => {
    const reply = await client.repeat(({ messages }, options) =>
      messages.listMessages({ target, pageToken, pageSize, ...bound }, options),
    );
    return { items: reply.messages, nextPageToken: reply.nextPageToken };
  });
  return after === undefined ? found.reverse() : found;
}

async function markRead(client: ChatClient, shown: readonly Message[]): Promise<void> {
  const last = new Map<string, bigint>();
  for (const { conversationId, seq } of shown) {
    if (seq > (last.get(conversationId) ?? 0n)) last.set(conversationId, seq);
  }
  for (const [conversationId, seq] of last) {
    await client.repeat(({ conversations }, options) =>
      conversations.markRead({ conversationId, seq }, options),
    );
  }
}
