import { Option } from 'commander';
import type { Command } from 'commander';
import type { ChatClient } from '../../client/chat-client.js';
import type { Message } from '../../client/types.js';
import { CliError, exitStatus } from '../cli-error.js';
import { act, examples } from '../command.js';
import { messageJson } from '../json.js';
import { messageLine } from '../lines.js';
import { collect, eachOf } from '../pages.js';
import { ProgressLine } from '../progress-line.js';
import { sendAll } from '../sending.js';
import type { CliSession } from '../session.js';
import { parseTarget, whoHelp } from '../target.js';
import { countFrom1, wholeNumber } from '../whole-number.js';

type ReadOptions = {
  readonly unread?: boolean;
  readonly limit: number;
  readonly before?: number;
  readonly after?: number;
  readonly all?: boolean;
  readonly peek?: boolean;
  readonly page?: string;
};

export function addReadCommand(program: Command): void {
  program
    .command('read')
    .argument('[who]', `${whoHelp}; left out with --unread`)
    .option('--unread', 'what others have sent that you have not read, in all conversations')
    .option('--limit <count>', 'at most this many messages', countFrom1, 50)
    .addOption(
      new Option('--before <number>', 'messages before this number')
        .argParser(wholeNumber)
        .conflicts(['after', 'all']),
    )
    .addOption(new Option('--after <number>', 'messages after this number').argParser(wholeNumber))
    .addOption(new Option('--all', 'without a limit; with --after, all after that').conflicts('limit'))
    .option('--peek', 'do not mark as read')
    .option('--page <page>', 'go on where an earlier read --unread --peek has ended')
    .description('read messages, oldest first, and mark them as read')
    .addHelpText(
      'after',
      examples(
        'holdfast read bob',
        'holdfast read bob --before 51',
        'holdfast read --unread',
        'holdfast --json read bob --all > bob.jsonl',
      ),
    )
    .action(
      act<ReadOptions>(async (session, [who], options) => {
        check(who, options);
        const { client, saved } = await session.loggedIn();
        await sendAll(session, await session.outbox(client, saved));
        const shown = new Shown(session);
        if (who === undefined) await readUnread(session, client, options, shown);
        else if (options.all || options.after !== undefined) {
          await readOn(session, client, who, options, shown);
        } else await readLatest(session, client, who, options, shown);
        if (shown.first === undefined) {
          session.note(options.unread ? 'Nothing is unread.' : 'There are no messages.');
        }
        if (!options.peek) await shown.markRead(client);
      }),
    );
}

function check(who: string | undefined, { unread, peek, page, before, after }: ReadOptions): void {
  const refuse = (message: string) => {
    throw new CliError(exitStatus.usage, message);
  };
  if (who === undefined && !unread) refuse('say whose messages to read, or --unread');
  if (who !== undefined && unread) {
    refuse('give a name or --unread, not both: --unread is about everybody');
  }
  if (unread && (before ?? after) !== undefined) {
    refuse('--before and --after are numbers of one conversation: say whose, without --unread');
  }
  if (page !== undefined && !(unread && peek)) refuse('--page goes with --unread and --peek');
}

/** What has been printed: how far each conversation is read. */
class Shown {
  first: Message | undefined;
  last: Message | undefined;
  private readonly seqs = new Map<string, number>();

  constructor(private readonly session: CliSession) {}

  print(message: Message): void {
    const { conversationId, seq } = message;
    this.session.print(messageLine(message), messageJson(message));
    this.first ??= message;
    this.last = message;
    this.seqs.set(conversationId, Math.max(seq, this.seqs.get(conversationId) ?? 0));
  }

  async markRead(client: ChatClient): Promise<void> {
    // What nobody has read, as when `head` has ended, does not count as read.
    await this.session.delivered();
    for (const [conversationId, seq] of this.seqs) await client.markRead({ conversationId, seq });
  }
}

async function readUnread(
  session: CliSession,
  client: ChatClient,
  { limit, all, page, peek }: ReadOptions,
  shown: Shown,
): Promise<void> {
  const part = { limit: all ? Infinity : limit, page };
  const next = await eachOf(
    part,
    (request) => client.listUnread(request),
    (message) => shown.print(message),
  );
  if (peek) session.more('read --unread --peek', next);
  else if (next !== '') session.note(`More: ${session.commandLine('read --unread')}`);
}

/** The newest ones, turned round. */
async function readLatest(
  session: CliSession,
  client: ChatClient,
  who: string,
  { limit, before }: ReadOptions,
  shown: Shown,
): Promise<void> {
  const query = { target: parseTarget(who), beforeSeq: before };
  const { items } = await collect({ limit }, (page) => client.listMessages({ ...query, ...page }));
  for (const message of [...items].reverse()) shown.print(message);
  const from = shown.first?.seq ?? 1;
  if (from > 1) session.note(`Older ones: ${session.commandLine(`read ${who} --before ${from}`)}`);
}

/** From a number on, however many there are. */
async function readOn(
  session: CliSession,
  client: ChatClient,
  who: string,
  { limit, all, after = 0 }: ReadOptions,
  shown: Shown,
): Promise<void> {
  const target = parseTarget(who);
  // Lines on the same terminal would be torn by it.
  const drawn = all === true && process.stderr.isTTY && !process.stdout.isTTY && !session.options.json;
  const progress = new ProgressLine(process.stderr, drawn, () => performance.now());
  const end = drawn ? await lastSeq(client, who) : 0;
  try {
    const next = await eachOf(
      { limit: all ? Infinity : limit },
      (page) => client.listMessages({ target, afterSeq: after, ...page }),
      (message) => {
        shown.print(message);
        progress.update('reading', Math.min(1, (message.seq - after) / Math.max(1, end - after)));
      },
    );
    const to = shown.last?.seq;
    if (next !== '' && to !== undefined) {
      session.note(`Newer ones: ${session.commandLine(`read ${who} --after ${to}`)}`);
    }
  } finally {
    progress.clear();
  }
}

async function lastSeq(client: ChatClient, who: string): Promise<number> {
  const { items } = await client.listMessages({ target: parseTarget(who), pageSize: 1 });
  return items[0]?.seq ?? 0;
}
