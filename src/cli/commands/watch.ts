import type { Command } from 'commander';
import type { SubscribeResponse } from '../../api/holdfast/v1/message_pb.js';
import { act } from '../command.js';
import { eventJson } from '../json.js';
import { messageLine } from '../lines.js';
import { printable } from '../printable.js';

export function addWatchCommand(program: Command): void {
  program
    .command('watch')
    .description('print messages as they come, until Ctrl-C')
    .addHelpText('after', '\nExamples:\n  holdfast watch\n  holdfast --json watch | jq -r .text')
    .action(
      act(async (session) => {
        const { client, saved } = await session.loggedIn();
        const stop = new AbortController();
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
        const onState = (state: string) => {
          session.note(state === 'connected' ? `Watching as ${saved.username}.` : 'Reconnecting …');
        };
        for await (const reply of client.subscribe({}, stop.signal, onState)) {
          const json = eventJson(reply);
          if (json === undefined) continue;
          const line = describe(reply);
          if (session.options.json || line !== undefined) session.print(line ?? '', json);
        }
      }),
    );
}

/** Undefined for what only programs want to know. */
function describe({ event }: SubscribeResponse): string | undefined {
  switch (event.case) {
    case 'message':
      return messageLine(event.value);
    case 'messageDeleted':
      return `       deleted: ${event.value.seqs.join(', ')}`;
    case 'accountDeleted':
      return `       an account was deleted: conversation id:${printable(event.value.conversationId)} is closed`;
    case 'resync':
      return '       some changes can not be told any more: read again';
    default:
      return undefined;
  }
}
