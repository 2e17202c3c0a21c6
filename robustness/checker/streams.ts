import type { Call } from '../history/history.js';
import type { EventRecord, SeenConversation } from '../history/record.js';
import type { Deed, Facts } from './facts.js';
import type { Findings } from './violation.js';

/** Streams that go on one after the other, with everything that was received, in order. */
type Chain = {
  readonly account: string;
  readonly streams: readonly { readonly call: Call<'subscribe'>; readonly events: readonly EventRecord[] }[];
};

/** Milliseconds between an event's being written down and its being received, at most, on a machine with much to do. */
const slack = 2_000;

/** G5: who follows receives everything once, in order, however often the stream breaks and wherever it goes on. */
export function checkStreams(facts: Facts, findings: Findings): void {
  for (const chain of chainsOf(facts)) {
    const follower = new Follower(facts, chain, findings);
    follower.check();
  }
}

function chainsOf({ history }: Facts): Chain[] {
  const events = new Map<string, EventRecord[]>();
  for (const event of history.events) {
    const list = events.get(event.id);
    if (list) list.push(event);
    else events.set(event.id, [event]);
  }
  const chains = new Map<string, Call<'subscribe'>[]>();
  for (const call of history.of('subscribe')) {
    const { chain } = call.request;
    chains.set(chain, [...(chains.get(chain) ?? []), call]);
  }
  return [...chains.values()].map((calls) => ({
    account: calls[0]?.request.account ?? '',
    streams: calls.map((call) => ({ call, events: events.get(call.id) ?? [] })),
  }));
}

class Follower {
  /** The last number received, by conversation. */
  private readonly last = new Map<string, number>();
  /** Received since the last event that came with a token: they come again on the next stream. */
  private readonly sinceToken = new Set<string>();
  /** May come once more on this stream. */
  private again = new Set<string>();
  private readonly cursors = new Map<string, number>();
  /** Messages that it was told, or shown, to be deleted for everyone; `conversation seq`. */
  private readonly gone = new Set<string>();
  private readonly withText = new Set<string>();
  /** Messages that it was told to be deleted for its account. */
  private readonly hidden = new Set<string>();
  /** When it was last told to read a conversation again; '': all of them. */
  private readonly resyncs = new Map<string, number>();

  constructor(
    private readonly facts: Facts,
    private readonly chain: Chain,
    private readonly findings: Findings,
  ) {}

  check(): void {
    for (const { call, events } of this.chain.streams) {
      this.again = this.repeats(call);
      for (const event of events) this.take(call, event);
    }
    this.checkEnd();
  }

  /** What the stream may bring once more, as who asked for it has not told that it was received. */
  private repeats({ request: { from, cursors } }: Call<'subscribe'>): Set<string> {
    // The first sign of life has a token, too: of what the stream before it did not bring again.
    if (from === 'token') return new Set([...this.again, ...this.sinceToken]);
    const keys = new Set<string>();
    if (from !== 'cursors') return keys;
    for (const [conversation, last] of this.last) {
      for (let seq = (cursors?.[conversation] ?? 0) + 1; seq <= last; seq += 1)
        keys.add(`${conversation} ${seq}`);
    }
    return keys;
  }

  private get first(): Call<'subscribe'> | undefined {
    return this.chain.streams[0]?.call;
  }

  private found(kind: string, what: string, at: number): void {
    this.findings.add({ promise: 'G5', kind, what, at });
  }

  private take(call: Call<'subscribe'>, { at, event, token }: EventRecord): void {
    if (event.kind === 'message') this.message(call, at, event.message);
    else if (event.kind === 'deleted') this.deleted(call, at, event);
    else if (event.kind === 'read') this.read(call, at, event);
    else if (event.kind === 'resync') this.resyncs.set(event.conversation, at);
    else if (event.kind === 'accountDeleted') this.accountDeleted(call, at, event);
    else if (event.kind === 'conversation') this.conversation(call, at, event.conversation);
    if (token) this.sinceToken.clear();
    else if (event.kind === 'message')
      this.sinceToken.add(`${event.message.conversation} ${event.message.seq}`);
  }

  private message(
    { id, start }: Call<'subscribe'>,
    at: number,
    message: { readonly conversation: string; readonly seq: number; readonly deleted: boolean },
  ): void {
    const { conversation, seq, deleted } = message;
    const key = `${conversation} ${seq}`;
    const where = `message ${seq} of ${conversation}`;
    const before = this.last.get(conversation);
    if (before === undefined) this.firstOf(id, start, at, message);
    else if (seq <= before) {
      if (!this.again.delete(key)) this.found('again', `${id} delivers ${where} after ${before}`, at);
    } else if (seq > before + 1) this.gap(id, conversation, before + 1, seq, at);
    // What comes again comes before what is new.
    if (seq > (before ?? 0)) this.forgetRepeats(conversation);
    this.last.set(conversation, Math.max(seq, before ?? 0));
    const hide = this.facts.hide(this.chain.account, conversation, seq);
    if (hide && hide.done < start)
      this.findings.add({
        promise: 'G8',
        kind: 'hidden-shown',
        what: `${id} delivers ${where} to who had deleted it before it was asked for`,
        at,
      });
    if (deleted) this.gone.add(key);
    else {
      if (this.gone.has(key))
        this.findings.add({
          promise: 'G8',
          kind: 'came-back',
          what: `${id} delivers ${where} after its deletion`,
          at,
        });
      this.withText.add(key);
    }
  }

  private forgetRepeats(conversation: string): void {
    for (const key of this.again) if (key.startsWith(`${conversation} `)) this.again.delete(key);
  }

  /** The first message of a conversation: its first one, or the first after the stream began. */
  private firstOf(
    id: string,
    start: number,
    at: number,
    { conversation, seq }: { readonly conversation: string; readonly seq: number },
  ): void {
    const begun = this.first;
    if (begun?.request.from === 'start') {
      if (seq > 1) this.gap(id, conversation, 1, seq, at);
      return;
    }
    // Before the first sign of life it had not begun; what was known before it was asked for is not new.
    const entry = this.facts.conversation(conversation)?.entries[seq];
    if (entry && entry.known < (begun?.start ?? start))
      this.found(
        'old',
        `${id} delivers message ${seq} of ${conversation}, which was there before the stream`,
        at,
      );
    const began = this.beganAt();
    const earlier = this.facts.conversation(conversation)?.entries.slice(1, seq) ?? [];
    for (const missed of earlier) {
      if (missed?.sending && missed.sending.start > began && !this.mayBeHidden(conversation, missed.seq, at))
        this.found('gap', `${id} begins with ${seq} of ${conversation} and leaves out ${missed.seq}`, at);
    }
  }

  /** When the first sign of life came; Infinity: none did. */
  private beganAt(): number {
    for (const { events } of this.chain.streams) {
      const [first] = events;
      if (first) return first.at;
    }
    return Infinity;
  }

  private gap(id: string, conversation: string, from: number, to: number, at: number): void {
    for (let seq = from; seq < to; seq += 1) {
      if (this.mayBeHidden(conversation, seq, at)) continue;
      this.found('gap', `${id} delivers ${to} of ${conversation}, and not ${seq}`, at);
      return;
    }
  }

  private mayBeHidden(conversation: string, seq: number, at: number): boolean {
    const hide = this.facts.hide(this.chain.account, conversation, seq);
    return hide !== undefined && hide.tried < at;
  }

  private deleted(
    { id }: Call<'subscribe'>,
    at: number,
    event: { readonly conversation: string; readonly seqs: readonly number[]; readonly forEveryone: boolean },
  ): void {
    const { conversation, seqs, forEveryone } = event;
    for (const seq of seqs) {
      const deed = forEveryone
        ? this.facts.deletion(conversation, seq)
        : this.facts.hide(this.chain.account, conversation, seq);
      if (!deed || deed.tried > at)
        this.findings.add({
          promise: 'G8',
          kind: 'not-deleted',
          what: `${id} tells of the deletion of ${seq} of ${conversation}, which nobody did`,
          at,
        });
      (forEveryone ? this.gone : this.hidden).add(`${conversation} ${seq}`);
    }
  }

  private accountDeleted(
    { id }: Call<'subscribe'>,
    at: number,
    { conversation, account }: { readonly conversation: string; readonly account: string },
  ): void {
    if ((this.facts.accountDeletions.get(account)?.tried ?? Infinity) <= at) return;
    const what = `${id} tells that ${account} of ${conversation} was deleted, which nobody did`;
    this.findings.add({ promise: 'G8', kind: 'not-deleted', what, at });
  }

  private conversation({ id }: Call<'subscribe'>, at: number, seen: SeenConversation): void {
    const head = this.facts.conversation(seen.id)?.entries[seen.headSeq];
    if (seen.headSeq > 0 && (!head || (head.sending?.start ?? 0) > at))
      this.found(
        'future',
        `${id} has the head of ${seen.id} at ${seen.headSeq}, which was sent later or never`,
        at,
      );
    if (seen.readSeq > (this.facts.cursorsTried.get(`${this.chain.account} ${seen.id}`)?.before(at) ?? 0))
      this.found(
        'cursor-ahead',
        `${id} has the read cursor of ${seen.id} at ${seen.readSeq}, where nobody has moved it`,
        at,
      );
  }

  private read(
    { id }: Call<'subscribe'>,
    at: number,
    { conversation, readSeq }: { readonly conversation: string; readonly readSeq: number },
  ): void {
    const key = `${this.chain.account} ${conversation}`;
    const before = this.cursors.get(conversation) ?? 0;
    if (readSeq < before)
      this.found(
        'cursor-back',
        `${id} moves the read cursor of ${key} from ${before} back to ${readSeq}`,
        at,
      );
    if (readSeq > (this.facts.cursorsTried.get(key)?.before(at) ?? 0))
      this.found(
        'cursor-ahead',
        `${id} moves the read cursor of ${key} to ${readSeq}, where nobody has moved it`,
        at,
      );
    this.cursors.set(conversation, Math.max(before, readSeq));
  }

  /** Who followed to the end of the run has received all that was sent, and been told of what was deleted. */
  private checkEnd(): void {
    const calm = this.facts.history.noted('calm');
    const end = this.facts.history.noted('final reads');
    const last = this.chain.streams.at(-1)?.call;
    const begun = this.first;
    if (calm === undefined || end === undefined || !last || !begun || last.end < end - slack) return;
    for (const conversation of this.facts.memberships.get(this.chain.account) ?? []) {
      const known = this.facts.conversation(conversation);
      if (!known) continue;
      const received = this.last.get(conversation) ?? 0;
      for (const entry of this.facts.entries(known, received + 1, Infinity)) {
        const due = begun.request.from === 'start' || (entry.sending?.start ?? 0) > this.beganAt();
        if (!due || entry.known > calm || this.mayBeHidden(conversation, entry.seq, end)) continue;
        this.found(
          'missing',
          `${last.id}, the last of ${begun.request.chain}, never delivers message ${entry.seq} of ${conversation}`,
          end,
        );
        break;
      }
    }
    for (const key of this.withText) {
      const deed = this.facts.deletions.get(key);
      if (deed && deed.done < calm && !this.gone.has(key) && !this.excused(key, deed))
        this.found('deletion-missing', `${begun.request.chain} is never told of the deletion of ${key}`, end);
      const hide = this.facts.hides.get(`${this.chain.account} ${key}`);
      if (hide && hide.done < calm && !this.hidden.has(key) && !this.excused(key, hide))
        this.found(
          'hide-missing',
          `${begun.request.chain} is never told that its own account has deleted ${key}`,
          end,
        );
    }
    this.readMissing(calm, end);
  }

  /** Who is told to read again sees by that what was deleted before. */
  private excused(key: string, { tried }: Deed): boolean {
    const [conversation = ''] = key.split(' ');
    return tried < Math.max(this.resyncs.get('') ?? -1, this.resyncs.get(conversation) ?? -1);
  }

  /** Of read cursors that were surely moved after the stream began, it is told where they are. */
  private readMissing(calm: number, end: number): void {
    const began = this.first?.request.from === 'start' ? -Infinity : this.beganAt();
    for (const { id, start, end: done, request, outcome } of this.facts.history.of('markRead')) {
      const { account, conversation, seq } = request;
      if (account !== this.chain.account || outcome !== 'ok' || start < began || done > calm) continue;
      const moved = seq > (this.facts.cursorsTried.get(`${account} ${conversation}`)?.before(start) ?? 0);
      if (!moved || (this.cursors.get(conversation) ?? 0) >= seq) continue;
      const what = `${this.first?.request.chain ?? ''} is never told of the read cursor of ${conversation} at ${seq} (${id})`;
      this.found('read-missing', what, end);
      return;
    }
  }
}
