import { Option } from 'commander';
import type { Command } from 'commander';
import { LRUCache } from 'lru-cache';
import type { EventStream, StreamState } from '../../client/event-stream.js';
import type { ChatEvent, Message, SavedSession } from '../../client/types.js';
import { StreamFile } from '../../client-node/stream-file.js';
import { CliError, exitStatus } from '../cli-error.js';
import { act, examples } from '../command.js';
import { eventJson } from '../json.js';
import { messageLine } from '../lines.js';
import { MessageCommand } from '../message-command.js';
import type { Ending } from '../message-command.js';
import { printable } from '../../client/printable.js';
import { tellOutcome } from '../sending.js';
import type { CliSession } from '../session.js';

type WatchOptions = {
  readonly resume?: boolean;
  readonly exec?: string;
  readonly own?: boolean;
  readonly stopOnFailure?: boolean;
};

/** Handles an event. False: it has to be handled again by the next watch. */
type Handler = (event: ChatEvent) => Promise<boolean>;

export function addWatchCommand(program: Command): void {
  program
    .command('watch')
    .option('--resume', 'begin where the last watch --resume ended; the first one begins now')
    .option('--exec <command>', 'run this for each message of others, instead of printing it')
    .addOption(new Option('--own', 'with --exec: for your own messages, too'))
    .addOption(new Option('--stop-on-failure', 'with --exec: end when the command fails, with the status 5'))
    .description('print messages as they come, until Ctrl-C')
    .addHelpText(
      'after',
      `${examples(
        'holdfast watch',
        `holdfast --json watch --resume | jq 'select(.event == "message")'`,
        'holdfast watch --exec \'notify-send "$HOLDFAST_SENDER" "$(cat)"\'',
      )}\n
--exec: the command has the text on its standard input, and HOLDFAST_SENDER, HOLDFAST_CONVERSATION,
HOLDFAST_SEQ and HOLDFAST_TIME in its environment. One runs at a time, in the order of the messages.
docs/cli.md has a bot that answers.`,
    )
    .action(
      act<WatchOptions>(async (session, _args, options) => {
        if (options.exec === undefined && (options.own || options.stopOnFailure)) {
          throw new CliError(exitStatus.usage, '--own and --stop-on-failure go with --exec');
        }
        const { client, saved } = await session.loggedIn();
        const stop = new AbortController();
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
        const outbox = await session.outbox(client, saved);
        outbox.on((event) => tellOutcome(session, event));
        const file = options.resume ? new StreamFile(session.stateFolder, saved.accountId) : undefined;
        const onState = stateTeller(session, saved, (first) => {
          outbox.wake();
          // The place where a first watch --resume begins is where the next one goes on, whatever comes.
          if (first) file?.save(stream.position).catch(() => undefined);
        });
        const stream: EventStream = client.subscribe({ from: await file?.load(), onState });
        outbox.start();
        const handle = handler(session, saved, options, stop.signal);
        for await (const event of stream.events(stop.signal)) {
          if (!(await handle(event))) return;
          await file?.save(stream.position);
        }
        await file?.save(stream.position);
      }),
    );
}

/** Tells of the connection. Calls back whenever there is one. */
function stateTeller(
  session: CliSession,
  { username }: SavedSession,
  onConnected: (first: boolean) => void,
): (state: StreamState) => void {
  let begun = false;
  let shown: StreamState['state'] | undefined;
  return ({ state, server }) => {
    if (state !== shown) {
      const watching = begun ? 'Connected again.' : `Watching as ${printable(username)}.`;
      session.note(state === 'connected' ? watching : 'Reconnecting …');
      if (session.options.json) session.print('', { event: state, server });
    }
    shown = state;
    if (state !== 'connected') return;
    onConnected(!begun);
    begun = true;
  };
}

function handler(
  session: CliSession,
  saved: SavedSession,
  { exec, own = false, stopOnFailure = false }: WatchOptions,
  stopped: AbortSignal,
): Handler {
  if (exec === undefined) {
    const seen = new SeenConversations(saved.accountId);
    return async (event) => {
      const line = describe(event, seen);
      if (session.options.json || line !== undefined) await session.deliver(line ?? '', eventJson(event));
      return true;
    };
  }
  const output = session.options.json ? 'stderr' : 'stdout';
  const command = new MessageCommand({ line: exec, env: session.childEnvironment(saved), output });
  return async (event) => {
    if (event.type !== 'message' || event.message.deleted) return true;
    const { message } = event;
    if (!own && message.senderId === saved.accountId) return true;
    const ending = await command.run(message);
    // Whoever stops the watch may have stopped the command, too.
    if (stopped.aborted && ending.signal !== undefined) return false;
    if (session.options.json) {
      await session.deliver('', { ...eventJson(event), exec_status: ending.status ?? null });
    }
    if (ending.status === 0) return true;
    const failure = `the command ${describeEnding(ending)} for number ${message.seq} of ${senderOf(message)}`;
    if (stopOnFailure) throw new CliError(exitStatus.execFailed, failure);
    session.note(`holdfast: ${failure}`);
    return true;
  };
}

function describeEnding({ status, signal }: Ending): string {
  return status === undefined ? `was ended by ${signal ?? 'a signal'}` : `failed with the status ${status}`;
}

function senderOf({ sender }: Message): string {
  return sender === '' ? 'a deleted account' : printable(sender);
}

/** Whom conversations are with, as far as events have told. */
class SeenConversations {
  private readonly titles = new LRUCache<string, string>({ max: 10_000 });

  constructor(private readonly accountId: string) {}

  see(event: ChatEvent): void {
    if (event.type === 'conversation') this.note(event.conversation.id, event.conversation.title);
    if (event.type === 'message' && event.message.senderId !== this.accountId)
      this.note(event.message.conversationId, event.message.sender);
  }

  /** For sentences: such as 'ben', or 'id:…'. */
  nameOf(conversationId: string): string {
    return printable(this.titles.get(conversationId) ?? `id:${conversationId}`);
  }

  /** A name that is gone says less than the one that was. */
  private note(id: string, title: string): void {
    if (title !== '') this.titles.set(id, title);
  }
}

/** Undefined for what only programs want to know. */
function describe(event: ChatEvent, seen: SeenConversations): string | undefined {
  seen.see(event);
  switch (event.type) {
    case 'message':
      return messageLine(event.message);
    case 'messageDeleted':
      return `       deleted in the conversation with ${seen.nameOf(event.conversationId)}: ${event.seqs.join(', ')}`;
    case 'accountDeleted':
      return `       an account was deleted: the conversation with ${seen.nameOf(event.conversationId)} is closed`;
    case 'resync':
      return '       some changes can not be told any more: read again';
    default:
      return undefined;
  }
}
