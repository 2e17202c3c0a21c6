import { buffer } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { ChatClient } from '../../client/chat-client.js';
import type { Outbox } from '../../client/outbox.js';
import type { Message } from '../../client/types.js';
import { CliError, exitStatus } from '../cli-error.js';
import { act } from '../command.js';
import { conversationJson, messageJson } from '../json.js';
import { messageLine, table } from '../lines.js';
import { collect } from '../pages.js';
import { printable } from '../../client/printable.js';
import { sendAll } from '../sending.js';
import { conversationOf, parseTarget } from '../target.js';
import { wholeNumber } from '../whole-number.js';

const whoHelp = 'a username, or id: and the id of a conversation';

export function addMessageCommands(program: Command): void {
  program
    .command('send')
    .argument('<who>', whoHelp)
    .argument('<text...>', "the message; '-' reads it from standard input")
    .description('send a message, now or, when no server can be reached, with the next command')
    .addHelpText(
      'after',
      '\nExamples:\n  npx holdfast send bob Hello, Bob\n  uptime | npx holdfast send bob -',
    )
    .action(
      act(async (session, [who = '', ...words]) => {
        const { client, saved } = await session.loggedIn();
        const fromInput = words.length === 1 && words[0] === '-';
        const text = fromInput ? await readText() : words.join(' ');
        const outbox = await session.outbox(client, saved);
        const { key } = await outbox.add({ target: parseTarget(who), text });
        const message = await sendAll(session, outbox, key);
        if (message) session.print(`Sent, number ${message.seq}.`, messageJson(message));
        else await notSent(outbox, key);
      }),
    );

  program
    .command('read')
    .argument('[who]', `${whoHelp}; left out with --unread`)
    .option('--unread', 'what others have sent that you have not read, in all conversations')
    .option('--limit <count>', 'at most this many messages', wholeNumber, 50)
    .option('--before <number>', 'messages before this number', wholeNumber)
    .option('--after <number>', 'messages after this number', wholeNumber)
    .option('--all', 'the whole conversation')
    .option('--peek', 'do not mark as read')
    .description('read messages, oldest first; marks them as read')
    .addHelpText(
      'after',
      '\nExamples:\n  npx holdfast read bob\n  npx holdfast read bob --before 51\n  npx holdfast read --unread',
    )
    .action(
      act<ReadOptions>(async (session, [who], options) => {
        if (who !== undefined && options.unread) {
          throw new CliError(
            exitStatus.usage,
            'give a name or --unread, not both: --unread is about everybody',
          );
        }
        if (who === undefined && !options.unread) {
          throw new CliError(exitStatus.usage, 'say whose messages to read, or --unread');
        }
        if (options.before !== undefined && options.after !== undefined) {
          throw new CliError(exitStatus.usage, 'give --before or --after, not both');
        }
        const { client, saved } = await session.loggedIn();
        await sendAll(session, await session.outbox(client, saved));
        const shown =
          who === undefined ? await readUnread(client, options) : await readHistory(client, who, options);
        for (const message of shown) session.print(messageLine(message), messageJson(message));
        if (shown.length === 0)
          session.note(options.unread ? 'Nothing is unread.' : 'There are no messages.');
        const [first] = shown;
        if (who !== undefined && first && first.seq > 1 && options.after === undefined) {
          session.note(`Older ones: ${session.commandLine(`read ${who} --before ${first.seq}`)}`);
        }
        if (!options.peek) await markRead(client, shown);
      }),
    );

  program
    .command('conversations')
    .option('--limit <count>', 'at most this many', wholeNumber, 50)
    .description('list your conversations, the latest first')
    .action(
      act<{ limit: number }>(async (session, _args, { limit }) => {
        const { client, saved } = await session.loggedIn();
        await sendAll(session, await session.outbox(client, saved));
        const found = await collect(limit, (page) => client.listConversations(page));
        if (session.options.json) {
          for (const one of found) session.print('', conversationJson(one));
          return;
        }
        if (found.length === 0) session.note(`There are none yet: ${session.commandLine('send WHO TEXT')}`);
        else {
          const rows = found.map((one) => [
            one.title === '' ? `id:${one.id}` : printable(one.title),
            one.unreadCount > 0 ? `${one.unreadCount} unread` : '',
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
    .addHelpText(
      'after',
      '\nExamples:\n  npx holdfast delete bob 3 4\n  npx holdfast delete bob 5 --for-everyone',
    )
    .action(
      act<{ forEveryone?: boolean }>(async (session, [who = '', ...numbers], { forEveryone = false }) => {
        const bad = numbers.find((number) => !/^\d{1,15}$/.test(number));
        if (bad !== undefined) throw new CliError(exitStatus.usage, `${bad} is no message number`);
        const { client } = await session.loggedIn();
        const conversationId = await conversationOf(client, who);
        const seqs = numbers.map(Number);
        await client.deleteMessages({ conversationId, seqs, forEveryone });
        const json = { conversation_id: conversationId, seqs, for_everyone: forEveryone };
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

/** Standard input, without the end of its last line. */
async function readText(): Promise<string> {
  const bytes = await buffer(process.stdin);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new CliError(exitStatus.usage, 'standard input is not UTF-8 text: nothing was sent', { cause });
  }
}

/** Throws what a message that is not sent means to the command. */
async function notSent(outbox: Outbox, key: string): Promise<never> {
  const entry = outbox.entries.find((one) => one.key === key);
  if (entry?.state === 'refused') {
    // Told here and now, it need not be kept.
    await outbox.drop(key);
    throw new CliError(exitStatus.refused, `${entry.problem?.message} (${entry.problem?.reason})`);
  }
  // It may wait behind another one that failed.
  const problem = entry?.problem ?? outbox.entries.find((one) => one.problem)?.problem;
  const why = problem ? `${problem.message} (${problem.reason})` : 'It was not sent.';
  const kept = 'The message is kept, and sent by the next command: do not send it again.';
  throw new CliError(exitStatus.unreachable, `${why} ${kept}`);
}

async function readUnread(client: ChatClient, { limit, all }: ReadOptions): Promise<Message[]> {
  return collect(all ? Infinity : limit, (page) => client.listUnread(page));
}

async function readHistory(
  client: ChatClient,
  who: string,
  { limit, before, after, all }: ReadOptions,
): Promise<Message[]> {
  const query = { target: parseTarget(who), beforeSeq: before, afterSeq: after };
  const found = await collect(all ? Infinity : limit, (page) => client.listMessages({ ...query, ...page }));
  return after === undefined ? found.reverse() : found;
}

async function markRead(client: ChatClient, shown: readonly Message[]): Promise<void> {
  const last = new Map<string, number>();
  for (const { conversationId, seq } of shown) {
    last.set(conversationId, Math.max(seq, last.get(conversationId) ?? 0));
  }
  for (const [conversationId, seq] of last) await client.markRead({ conversationId, seq });
}
