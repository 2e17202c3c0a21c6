import { buffer } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { ChatClient } from '../../client/chat-client.js';
import type { Outbox } from '../../client/outbox.js';
import type { OutboxEntry } from '../../client/outbox-item.js';
import type { Message } from '../../client/types.js';
import { CliError, exitStatus } from '../cli-error.js';
import { act, examples } from '../command.js';
import { messageJson } from '../json.js';
import { sendAll } from '../sending.js';
import type { CliSession } from '../session.js';
import { conversationOf, parseTarget, whoHelp } from '../target.js';
import { wholeNumber } from '../whole-number.js';

/** Of a conversation, that are looked through for what another command has sent a moment ago. */
const maxPages = 10;

type SendOptions = { readonly id?: string; readonly known?: number };

export function addMessageCommands(program: Command): void {
  program
    .command('send')
    .argument('<who>', whoHelp)
    .argument('<text...>', "the message; '-' reads it from standard input")
    .option('--id <id>', 'of the message, of your choice: sending it again stores nothing new')
    .option('--known <number>', 'with --id: a message that is certainly older', wholeNumber)
    .description('send a message, now or, when no server can be reached, with the next command')
    .addHelpText(
      'after',
      `${examples(
        'holdfast send bob Are you there?',
        'holdfast send bob -- --this begins with dashes',
        'uptime | holdfast send bob -',
        'holdfast send bob --id backup-2026-11-24 The backup is done.',
      )}\n\nThe same --id with another text is refused. With --known, servers need not look for it in all that is older.`,
    )
    .action(
      act<SendOptions>(async (session, [who = '', ...words], { id, known }) => {
        checkId(id, known);
        const { client, saved } = await session.loggedIn();
        const fromInput = words.length === 1 && words[0] === '-';
        const text = fromInput ? await readText(session) : words.join(' ');
        const outbox = await session.outbox(client, saved);
        const own = id === undefined ? {} : { clientMessageId: id, knownSeq: known ?? 0 };
        const entry = await outbox.add({ target: parseTarget(who), text, ...own });
        const { key } = entry;
        const message = (await sendAll(session, outbox, key)) ?? (await sentElsewhere(client, outbox, entry));
        if (message) session.print(`Sent, number ${message.seq}.`, messageJson(message));
        else await notSent(outbox, key);
      }),
    );

  program
    .command('delete')
    .argument('<who>', whoHelp)
    .argument('<numbers...>', 'numbers of messages, as read shows them')
    .option('--for-everyone', 'for all members; only messages of your own')
    .description('delete messages, for yourself or for everyone')
    .addHelpText('after', examples('holdfast delete bob 3 4', 'holdfast delete bob 5 --for-everyone'))
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

/** What a server would refuse only after the message is kept. */
function checkId(id: string | undefined, known: number | undefined): void {
  if (id === undefined && known !== undefined) throw new CliError(exitStatus.usage, '--known goes with --id');
  if (id === undefined || /^[\x21-\x7e]{1,64}$/.test(id)) return;
  throw new CliError(exitStatus.usage, '--id is 1 to 64 visible ASCII characters, without spaces');
}

/** Standard input, without the end of its last line. */
async function readText(session: CliSession): Promise<string> {
  if (process.stdin.isTTY)
    session.note('Type the message; Ctrl-D on an empty line sends it, Ctrl-C does not.');
  const bytes = await buffer(process.stdin);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch (cause) {
    throw new CliError(exitStatus.usage, 'standard input is not UTF-8 text: nothing was sent', { cause });
  }
}

/** What another command, at the same time, has stored it as; undefined when it is still in the outbox. Throws CliError. */
async function sentElsewhere(
  client: ChatClient,
  outbox: Outbox,
  { key, target, clientMessageId }: OutboxEntry,
): Promise<Message | undefined> {
  if (outbox.entries.some((one) => one.key === key)) return undefined;
  let pageToken = '';
  for (let page = 0; page < maxPages; page += 1) {
    const { items, nextPageToken } = await client.listMessages({ target, pageSize: 100, pageToken });
    const found = items.find((one) => one.clientMessageId === clientMessageId);
    if (found) return found;
    pageToken = nextPageToken;
    if (pageToken === '') break;
  }
  throw new CliError(exitStatus.refused, 'another command has sent or dropped the message');
}

/** Throws what a message that is not sent means to the command. */
async function notSent(outbox: Outbox, key: string): Promise<never> {
  const entry = outbox.entries.find((one) => one.key === key);
  if (entry?.state === 'refused') {
    // Told here and now, it need not be kept.
    await outbox.drop(key);
    const { reason, message } = entry.problem ?? { reason: 'REFUSED', message: 'The message was refused.' };
    throw new CliError(exitStatus.refused, `${message} (${reason})`, { reason });
  }
  // It may wait behind another one that failed.
  const problem = entry?.problem ?? outbox.entries.find((one) => one.problem)?.problem;
  const why = problem ? `${problem.message} (${problem.reason})` : 'It was not sent.';
  const kept = 'The message is kept, and sent by the next command: do not send it again.';
  throw new CliError(exitStatus.unreachable, `${why} ${kept}`, {
    reason: problem?.reason,
    details: { kept: true },
  });
}
