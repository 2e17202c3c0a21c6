import type { Call, History } from '../history/history.js';
import type { SeenMessage } from '../history/record.js';

/** A message that a server has shown to somebody. */
export type Sighting = {
  /** Of the call or the stream. */
  readonly id: string;
  /** When the call began; for an event, when it came. */
  readonly start: number;
  readonly end: number;
  /** When what brought it was asked for: the call, or the whole stream. */
  readonly asked: number;
  readonly message: SeenMessage;
  /** Whether a later read has to show at least the same. */
  readonly by: 'send' | 'read' | 'event';
};

/** A message that somebody has tried to send: all calls with its id. */
export type Sending = {
  /** Of the first call that may have stored it; of the first one, when all were refused. */
  readonly start: number;
  readonly calls: readonly Call<'send'>[];
};

/** Everything known of the message with one number. */
export type Entry = {
  readonly seq: number;
  readonly sightings: readonly Sighting[];
  readonly sending: Sending | undefined;
  /** It was stored by then: when the first answer came that tells so. */
  readonly known: number;
};

export type Conversation = {
  readonly id: string;
  /** By number, from 1; holes where nobody has seen any. */
  readonly entries: readonly (Entry | undefined)[];
};

export function sendingKey(account: string, clientMessageId: string): string {
  return `${account} ${clientMessageId}`;
}

/** Sends with one id, by sender and id: clients here never use an id in two conversations. */
export function sendingsOf(history: History): Map<string, Sending> {
  const calls = new Map<string, Call<'send'>[]>();
  for (const call of history.of('send')) {
    const key = sendingKey(call.request.account, call.request.clientMessageId);
    const list = calls.get(key);
    if (list) list.push(call);
    else calls.set(key, [call]);
  }
  return new Map(
    [...calls].map(([key, list]) => {
      const first = list.find(({ outcome }) => outcome !== 'refused') ?? list[0];
      return [key, { start: first?.start ?? 0, calls: list }];
    }),
  );
}

/** Everything that servers have shown of messages. */
export function sightingsOf(history: History): Sighting[] {
  const sightings: Sighting[] = [];
  for (const { id, start, end, request, result } of history.calls) {
    const seen = [
      ...(result.message ? [result.message] : []),
      ...(result.messages ?? []),
      ...(result.conversations ?? []).flatMap(({ last }) => last ?? []),
    ];
    const by = request.op === 'send' ? 'send' : 'read';
    for (const message of seen) sightings.push({ id, start, end, asked: start, message, by });
  }
  const asked = new Map(history.of('subscribe').map(({ id, start }) => [id, start]));
  for (const { id, at, event } of history.events) {
    const message =
      event.kind === 'message'
        ? event.message
        : event.kind === 'conversation'
          ? event.conversation.last
          : undefined;
    if (message)
      sightings.push({ id, start: at, end: at, asked: asked.get(id) ?? -Infinity, message, by: 'event' });
  }
  return sightings;
}

/** Puts together what was seen, by conversation. */
export function conversationsOf(history: History): Conversation[] {
  const sendings = sendingsOf(history);
  const found = new Map<string, Sighting[][]>();
  for (const sighting of sightingsOf(history)) {
    const { conversation, seq } = sighting.message;
    let entries = found.get(conversation);
    if (!entries) found.set(conversation, (entries = []));
    (entries[seq] ??= []).push(sighting);
  }
  return [...found].map(([id, bySeq]) => ({
    id,
    entries: Array.from(bySeq, (sightings: Sighting[] | undefined, seq): Entry | undefined => {
      const [first] = sightings ?? [];
      if (!first || !sightings) return undefined;
      const { senderId, clientMessageId } = first.message;
      return {
        seq,
        sightings,
        sending: sendings.get(sendingKey(senderId, clientMessageId)),
        known: Math.min(...sightings.map(({ end }) => end)),
      };
    }),
  }));
}

/**
 * How many messages of a conversation may be there that nobody has ever been shown: sends whose outcome is not known. None
 * once everybody has read everything.
 */
export function unseenOf(history: History, conversations: readonly Conversation[]): (id: string) => number {
  if (history.noted('end') !== undefined) return () => 0;
  const seen = new Set(
    conversations.flatMap(({ entries }) =>
      entries.flatMap((entry) => {
        const message = entry?.sightings[0]?.message;
        return message ? sendingKey(message.senderId, message.clientMessageId) : [];
      }),
    ),
  );
  /** By conversation id; '': of sends that name a person, and so may be in any. */
  const counts = new Map<string, number>();
  for (const [key, { calls }] of sendingsOf(history)) {
    const open = calls.find(({ outcome }) => outcome === 'unknown');
    if (!open || seen.has(key)) continue;
    const { to } = open.request;
    const id = to.startsWith('#') ? to.slice(1) : '';
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return (id) => (counts.get(id) ?? 0) + (counts.get('') ?? 0);
}
