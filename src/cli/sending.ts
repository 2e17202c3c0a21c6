import type { Outbox, OutboxEvent } from '../client/outbox.js';
import type { OutboxEntry } from '../client/outbox-item.js';
import type { Message } from '../client/types.js';
import { shortened } from './lines.js';
import { printable } from '../client/printable.js';
import type { CliSession } from './session.js';
import { formatTarget } from './target.js';

/** Entries that are not refused. */
export function waitingIn(outbox: Outbox): readonly OutboxEntry[] {
  return outbox.entries.filter(({ state }) => state !== 'refused');
}

/** Tells a person what becomes of messages that earlier commands could not send. */
export function tellOutcome(session: CliSession, event: OutboxEvent): void {
  if (event.type === 'stored') {
    const to = printable(formatTarget(event.entry.target));
    session.note(`Sent to ${to}, number ${event.message.seq}: ${preview(event.entry)}`);
  }
  if (event.type === 'refused') {
    const { entry } = event;
    const to = printable(formatTarget(entry.target));
    const why = `${entry.problem?.message ?? ''} (${entry.problem?.reason ?? ''})`;
    session.note(
      `Refused to ${to}: ${preview(entry)}\n  ${printable(why)} It stays in: ${session.commandLine('outbox')}`,
    );
  }
}

export function preview({ text }: OutboxEntry): string {
  return shortened(printable(text), 60);
}

/**
 * Tries to send everything in the outbox, each message once. `own`: the key of the message that the command
 * itself sends; returns what it was stored as, undefined when it was not. Throws ClientError when the session
 * is over; what waits is kept.
 */
export async function sendAll(
  session: CliSession,
  outbox: Outbox,
  own?: string,
): Promise<Message | undefined> {
  const earlier = waitingIn(outbox).filter(({ key }) => key !== own).length;
  if (earlier > 0) session.note(`Sending ${earlier} message(s) that could not be sent before …`);
  let sent: Message | undefined;
  await new Promise<void>((resolve, reject) => {
    outbox.on((event) => {
      if (event.type === 'stopped') reject(event.error);
      else if (event.type === 'stored' && event.entry.key === own) sent = event.message;
      else if (event.type !== 'refused' || event.entry.key !== own) tellOutcome(session, event);
      if (outbox.idle) resolve();
    });
    outbox.start();
    if (outbox.idle) resolve();
  });
  return sent;
}
