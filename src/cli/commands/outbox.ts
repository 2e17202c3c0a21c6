import type { Command } from 'commander';
import type { Outbox } from '../../client/outbox.js';
import type { OutboxEntry } from '../../client/outbox-item.js';
import { CliError, exitStatus } from '../cli-error.js';
import { act, examples } from '../command.js';
import { entryJson } from '../json.js';
import { localTime, table } from '../lines.js';
import { printable } from '../../client/printable.js';
import { preview, sendAll, waitingIn } from '../sending.js';
import { formatTarget } from '../target.js';

type OutboxOptions = { readonly send?: boolean; readonly again?: string; readonly drop?: string };

/** Of a key, what people have to type. */
const shownKey = 8;

export function addOutboxCommand(program: Command): void {
  program
    .command('outbox')
    .option('--send', 'try to send now')
    .option('--again <key>', 'send a refused message again, as a new one')
    .option('--drop <key>', "give a message up; 'all' gives up every one")
    .description('show the messages that could not be sent yet')
    .addHelpText('after', examples('holdfast outbox', 'holdfast outbox --send', 'holdfast outbox --drop all'))
    .action(
      act<OutboxOptions>(async (session, _args, { send, again, drop }) => {
        const { client, saved } = await session.loggedIn();
        const outbox = await session.outbox(client, saved);
        if (drop !== undefined) {
          const dropped = drop === 'all' ? outbox.entries : [find(outbox, drop)];
          for (const { key } of dropped) await outbox.drop(key);
          const maybe = dropped.some(({ tried }) => tried) ? ' What was tried may have been sent.' : '';
          const told =
            dropped.length === 0 ? 'Nothing waits to be sent.' : `Dropped ${dropped.length}.${maybe}`;
          session.print(told, { dropped: dropped.map(({ key }) => key) });
          return;
        }
        if (again !== undefined) {
          const { key, text, state } = find(outbox, again);
          if (state !== 'refused') throw new CliError(exitStatus.refused, `${again} was not refused`);
          await outbox.edit(key, text);
        }
        if (send || again !== undefined) await sendAll(session, outbox);
        for (const entry of outbox.entries) session.print(line(entry), entryJson(entry));
        if (outbox.entries.length === 0) session.note('Nothing waits to be sent.');
        if (send && waitingIn(outbox).length > 0) {
          throw new CliError(exitStatus.unreachable, 'some messages could not be sent now; they are kept');
        }
      }),
    );
}

function find(outbox: Outbox, start: string): OutboxEntry {
  const found = outbox.entries.filter(({ key }) => key.startsWith(start));
  const [one] = found;
  if (!one) throw new CliError(exitStatus.refused, `no message has the key ${start}`);
  if (found.length > 1)
    throw new CliError(exitStatus.usage, `several messages have a key like ${start}: give more of it`);
  return one;
}

function line(entry: OutboxEntry): string {
  const why = entry.problem ? ` (${entry.problem.reason})` : '';
  const state = entry.state === 'refused' ? `refused${why}` : `waits${why}`;
  const to = printable(formatTarget(entry.target));
  return table([[entry.key.slice(0, shownKey), localTime(entry.addTime), state, `${to}: ${preview(entry)}`]]);
}
