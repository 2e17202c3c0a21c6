import type { Command } from 'commander';
import type { StreamState } from '../../client/event-stream.js';
import type { ChatEvent } from '../../client/types.js';
import { StreamFile } from '../../client-node/stream-file.js';
import { act } from '../command.js';
import { eventJson } from '../json.js';
import { messageLine } from '../lines.js';
import { printable } from '../../client/printable.js';
import { tellOutcome } from '../sending.js';

export function addWatchCommand(program: Command): void {
  program
    .command('watch')
    .option('--resume', 'begin where the last watch --resume ended; the first one begins now')
    .description('print messages as they come, until Ctrl-C')
    .addHelpText(
      'after',
      '\nExamples:\n  npx holdfast watch\n  npx holdfast --json watch --resume | jq -r .text',
    )
    .action(
      act<{ resume?: boolean }>(async (session, _args, { resume = false }) => {
        const { client, saved } = await session.loggedIn();
        const stop = new AbortController();
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
        const outbox = await session.outbox(client, saved);
        outbox.on((event) => tellOutcome(session, event));
        const file = resume ? new StreamFile(session.stateFolder, saved.accountId) : undefined;
        let begun = false;
        let shown: StreamState['state'] | undefined;
        const onState = ({ state }: StreamState) => {
          if (state === 'connected') outbox.wake();
          if (state !== shown) {
            const watching = begun ? 'Connected again.' : `Watching as ${saved.username}.`;
            session.note(state === 'connected' ? watching : 'Reconnecting …');
          }
          shown = state;
          if (state !== 'connected' || begun) return;
          begun = true;
          // The place where a first watch --resume begins is where the next one goes on, whatever comes.
          void file?.save(stream.position);
        };
        const stream = client.subscribe({ from: await file?.load(), onState });
        outbox.start();
        for await (const event of stream.events(stop.signal)) {
          const line = describe(event);
          if (session.options.json || line !== undefined) session.print(line ?? '', eventJson(event));
          await file?.save(stream.position);
        }
        await file?.save(stream.position);
      }),
    );
}

/** Undefined for what only programs want to know. */
function describe(event: ChatEvent): string | undefined {
  switch (event.type) {
    case 'message':
      return messageLine(event.message);
    case 'messageDeleted':
      return `       deleted: ${event.seqs.join(', ')}`;
    case 'accountDeleted':
      return `       an account was deleted: conversation id:${printable(event.conversationId)} is closed`;
    case 'resync':
      return '       some changes can not be told any more: read again';
    default:
      return undefined;
  }
}
