import { Option } from 'commander';
import type { Command } from 'commander';
import type { ChatClient } from '../../client/chat-client.js';
import type { Conversation } from '../../client/types.js';
import { CliError, exitStatus } from '../cli-error.js';
import { act, examples } from '../command.js';
import { conversationJson } from '../json.js';
import { shortened, table } from '../lines.js';
import { collect, eachOf } from '../pages.js';
import { printable } from '../../client/printable.js';
import { sendAll } from '../sending.js';
import { lastMessageOf, whoHelp } from '../target.js';
import { countFrom1, wholeNumber } from '../whole-number.js';

type ListOptions = { readonly limit: number; readonly all?: boolean; readonly page?: string };

export function addConversationCommands(program: Command): void {
  program
    .command('conversations')
    .option('--limit <count>', 'at most this many', countFrom1, 50)
    .addOption(new Option('--all', 'without a limit').conflicts('limit'))
    .option('--page <page>', 'go on where an earlier list has ended')
    .description('list your conversations, the latest first')
    .addHelpText(
      'after',
      examples('holdfast conversations', 'holdfast --json conversations --all | jq -r .title'),
    )
    .action(
      act<ListOptions>(async (session, _args, { limit, all, page }) => {
        const { client, saved } = await session.loggedIn();
        await sendAll(session, await session.outbox(client, saved));
        const part = { limit: all ? Infinity : limit, page };
        const list = (request: object) => client.listConversations(request);
        if (session.options.json) {
          const print = (one: Conversation) => session.print('', conversationJson(one));
          session.more('', await eachOf(part, list, print));
          return;
        }
        const { items, nextPageToken } = await collect(part, list);
        if (items.length > 0) session.print(table(items.map(row)), {});
        else if (page === undefined) {
          session.note(`There are none yet: ${session.commandLine('send WHO TEXT')}`);
        }
        session.more(`conversations --limit ${limit}`, nextPageToken);
      }),
    );

  program
    .command('mark-read')
    .argument('[who]', `${whoHelp}; left out with --all`)
    .argument('[number]', 'up to this message; without it, all of the conversation', wholeNumber)
    .option('--all', 'every conversation')
    .description('mark messages as read without showing them')
    .addHelpText(
      'after',
      examples('holdfast mark-read bob', 'holdfast mark-read bob 12', 'holdfast mark-read --all'),
    )
    .action(
      act<{ all?: boolean }>(async (session, [who, number], { all = false }) => {
        if ((who === undefined) !== all) {
          throw new CliError(exitStatus.usage, "say whose messages are read, or --all for everybody's");
        }
        const { client } = await session.loggedIn();
        const marks = who === undefined ? await unread(client) : [await upTo(client, who, number)];
        for (const { conversationId, seq, title } of marks) {
          const readSeq = await client.markRead({ conversationId, seq });
          const line = `Read up to number ${readSeq}${all ? `: ${printable(title)}` : '.'}`;
          session.print(line, { conversation_id: conversationId, read_seq: readSeq });
        }
        if (marks.length === 0) session.note('Nothing is unread.');
      }),
    );
}

function row(one: Conversation): readonly string[] {
  const { lastMessage: last } = one;
  const text = last?.deleted ? '(deleted)' : printable(last?.text ?? '');
  return [
    one.title === '' ? `id:${one.id}` : printable(one.title),
    one.unreadCount > 0 ? `${one.unreadCount} unread` : '',
    one.closed ? '(deleted account)' : '',
    shortened(text, 60),
  ];
}

type Mark = { readonly conversationId: string; readonly seq: number; readonly title: string };

/** The ends of all conversations that have something unread. */
async function unread(client: ChatClient): Promise<readonly Mark[]> {
  const { items } = await collect({ limit: Infinity }, (page) => client.listConversations(page));
  return items
    .filter(({ unreadCount }) => unreadCount > 0)
    .map(({ id, headSeq, title }) => ({ conversationId: id, seq: headSeq, title: title || `id:${id}` }));
}

async function upTo(client: ChatClient, who: string, number: unknown): Promise<Mark> {
  const { conversationId, seq } = await lastMessageOf(client, who);
  return { conversationId, seq: typeof number === 'number' ? number : seq, title: who };
}
