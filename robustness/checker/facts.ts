import type { Call, History } from '../history/history.js';
import { fold } from './account-model.js';
import type { Conversation, Entry } from './conversations.js';

/** Something that is so from a moment on, and never ceases to be: a number that only grows. */
export class Growing {
  private readonly facts: { readonly at: number; readonly value: number }[] = [];
  private sorted = true;

  add(at: number, value: number): void {
    this.facts.push({ at, value });
    this.sorted = false;
  }

  /** The highest value of those before the moment; 0: there is none. */
  before(moment: number): number {
    if (!this.sorted) this.sort();
    let low = 0;
    let high = this.facts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.facts[middle]?.at ?? Infinity) < moment) low = middle + 1;
      else high = middle;
    }
    return this.facts[low - 1]?.value ?? 0;
  }

  /** In the order of time, each with the highest value so far. */
  private sort(): void {
    this.facts.sort((a, b) => a.at - b.at);
    let highest = 0;
    for (const [i, { at, value }] of this.facts.entries()) {
      highest = Math.max(highest, value);
      this.facts[i] = { at, value: highest };
    }
    this.sorted = true;
  }
}

/** When something was first tried, and when it was first known to be done (Infinity: never). */
export type Deed = { tried: number; done: number };

/** What the whole history tells of accounts and conversations, for looking things up. */
export class Facts {
  /** `conversation seq`: deleted for everyone. */
  readonly deletions = new Map<string, Deed>();
  /** `account conversation seq`: deleted for that account. */
  readonly hides = new Map<string, Deed>();
  /** `account conversation`: the read cursor was known to be there. */
  readonly cursors = new Map<string, Growing>();
  /** `account conversation`: somebody has tried to move the read cursor there. */
  readonly cursorsTried = new Map<string, Growing>();
  /** Account ids of those who deleted themselves. */
  readonly accountDeletions = new Map<string, Deed>();
  /** Conversation ids by account id. */
  readonly memberships = new Map<string, Set<string>>();
  private readonly byId: ReadonlyMap<string, Conversation>;
  private readonly ids = new Map<string, string>();

  constructor(
    readonly history: History,
    readonly conversations: readonly Conversation[],
  ) {
    this.byId = new Map(conversations.map((conversation) => [conversation.id, conversation]));
    this.learnMembers();
    this.learnDeletions();
    this.learnCursors();
  }

  conversation(id: string): Conversation | undefined {
    return this.byId.get(id);
  }

  /** The conversation that a request names; undefined when nobody has been told. */
  resolve(account: string, to: string): Conversation | undefined {
    return this.byId.get(to.startsWith('#') ? to.slice(1) : (this.ids.get(`${account} ${to}`) ?? ''));
  }

  /** The messages with numbers from `from` to `to`, both included. */
  *entries(conversation: Conversation, from: number, to: number): Generator<Entry> {
    const last = Math.min(to, conversation.entries.length - 1);
    for (let seq = Math.max(1, from); seq <= last; seq += 1) {
      const entry = conversation.entries[seq];
      if (entry) yield entry;
    }
  }

  /** The highest number that was known before the moment; 0: none. */
  knownHead(conversation: Conversation, moment: number): number {
    let head = 0;
    for (const { seq, known } of this.entries(conversation, 1, Infinity)) if (known < moment) head = seq;
    return head;
  }

  /** Accounts that are known to be in it. */
  membersOf(conversation: string): string[] {
    return [...this.memberships].filter(([, ids]) => ids.has(conversation)).map(([account]) => account);
  }

  senderOf({ sightings }: Entry): string {
    return sightings[0]?.message.senderId ?? '';
  }

  hide(account: string, conversation: string, seq: number): Deed | undefined {
    return this.hides.get(`${account} ${conversation} ${seq}`);
  }

  deletion(conversation: string, seq: number): Deed | undefined {
    return this.deletions.get(`${conversation} ${seq}`);
  }

  private learnMembers(): void {
    const member = (account: string, conversation: string) => {
      const set = this.memberships.get(account) ?? new Set();
      this.memberships.set(account, set.add(conversation));
    };
    for (const { request, result } of this.history.calls) {
      if (!('account' in request)) continue;
      const seen = [...(result.messages ?? []), ...(result.message ? [result.message] : [])];
      for (const { conversation } of seen) member(request.account, conversation);
      const [first] = seen;
      if ((request.op === 'send' || request.op === 'listMessages') && first && !request.to.startsWith('#'))
        this.ids.set(`${request.account} ${request.to}`, first.conversation);
    }
    // Also who has never been shown it: else what is kept from somebody altogether would not be missed.
    const ids = idsOfNames(this.history);
    for (const { request, result } of this.history.of('send')) {
      const id = request.to.startsWith('#') ? undefined : ids.get(fold(request.to));
      if (id !== undefined && result.message) member(id, result.message.conversation);
    }
  }

  private learnDeletions(): void {
    for (const call of this.history.of('deleteMessages')) {
      if (call.outcome === 'refused') continue;
      const { account, conversation, seqs, forEveryone } = call.request;
      const deeds = forEveryone ? this.deletions : this.hides;
      for (const seq of seqs) {
        const entry = this.conversation(conversation)?.entries[seq];
        // Whoever else tries it does not delete it, whatever became of the call.
        if (forEveryone && entry && this.senderOf(entry) !== account) continue;
        const key = forEveryone ? `${conversation} ${seq}` : `${account} ${conversation} ${seq}`;
        learn(deeds, key, call);
      }
    }
    // Who has seen that it is deleted knows it, whatever its call was answered.
    for (const { id, entries } of this.conversations) {
      for (const entry of entries) {
        for (const { message, end } of entry?.sightings ?? []) {
          const deed = message.deleted ? this.deletion(id, message.seq) : undefined;
          if (deed) deed.done = Math.min(deed.done, end);
        }
      }
    }
    const accounts = accountsOfStreams(this.history);
    for (const { id, at, event } of this.history.events) {
      if (event.kind !== 'deleted') continue;
      for (const seq of event.seqs) {
        const deed = event.forEveryone
          ? this.deletion(event.conversation, seq)
          : this.hide(accounts.get(id) ?? '', event.conversation, seq);
        if (deed) deed.done = Math.min(deed.done, at);
      }
    }
    for (const call of this.history.of('deleteAccount')) {
      if (call.outcome !== 'refused') learn(this.accountDeletions, call.request.account, call);
    }
  }

  private learnCursors(): void {
    for (const { request, result, end, start, outcome } of this.history.calls) {
      if (request.op === 'markRead') {
        const key = `${request.account} ${request.conversation}`;
        if (outcome !== 'refused') growing(this.cursorsTried, key).add(start, request.seq);
        if (outcome === 'ok') growing(this.cursors, key).add(end, Math.max(request.seq, result.readSeq ?? 0));
      } else if (request.op === 'listConversations') {
        for (const { id, readSeq } of result.conversations ?? [])
          growing(this.cursors, `${request.account} ${id}`).add(end, readSeq);
      }
    }
    const accounts = accountsOfStreams(this.history);
    for (const { id, at, event } of this.history.events) {
      if (event.kind === 'read')
        growing(this.cursors, `${accounts.get(id) ?? ''} ${event.conversation}`).add(at, event.readSeq);
    }
  }
}

/** Whose each stream is, by the id of the call that opened it. */
function accountsOfStreams(history: History): Map<string, string> {
  return new Map(history.of('subscribe').map(({ id, request }) => [id, request.account]));
}

/** Account ids by folded username, of names that were only ever one account's. */
function idsOfNames(history: History): Map<string, string> {
  const ids = new Map<string, string>();
  const several = new Set<string>();
  for (const { result } of history.calls) {
    for (const { id, username } of [
      ...(result.account ? [result.account] : []),
      ...(result.accounts ?? []),
    ]) {
      const name = fold(username);
      if ((ids.get(name) ?? id) !== id) several.add(name);
      ids.set(name, id);
    }
  }
  const created = new Set<string>();
  for (const { request, outcome } of history.of('createAccount')) {
    if (outcome === 'refused') continue;
    const name = fold(request.username);
    // Of one whose creation was not answered nobody may ever have been told.
    if (created.has(name)) several.add(name);
    created.add(name);
  }
  for (const name of several) ids.delete(name);
  return ids;
}

function growing(map: Map<string, Growing>, key: string): Growing {
  let found = map.get(key);
  if (!found) map.set(key, (found = new Growing()));
  return found;
}

function learn(
  deeds: Map<string, Deed>,
  key: string,
  { start, end, outcome }: Pick<Call, 'start' | 'end' | 'outcome'>,
): void {
  const done = outcome === 'ok' ? end : Infinity;
  const deed = deeds.get(key);
  if (!deed) deeds.set(key, { tried: start, done });
  else {
    deed.tried = Math.min(deed.tried, start);
    deed.done = Math.min(deed.done, done);
  }
}
