import { decodeKey } from '../kv/key-codec.js';
import type { ReadRequest } from '../kv/store.js';
import type { ChatContext } from './chat-context.js';
import { readOwnConversations, unreadCount } from './conversation-store.js';
import type { OwnConversation } from './conversation-store.js';
import { countOfOthers, othersUpTo, toMessage } from './conversation-state.js';
import { giveWay } from './give-way.js';
import { hiddenRange, keys, messageRange } from './keys.js';
import type { Paging } from './paging.js';
import { records } from './records.js';
import type { Caller, Message, Page } from './types.js';

const chunk = 32;

/** A message's createTime, conversation and number. */
export const unreadPosition = ['number', 'text', 'number'] as const;

/** One conversation's unread messages, read a few at a time. */
type Source = {
  readonly own: OwnConversation;
  next: number;
  /** Messages of others before `next`. */
  others: number;
  readonly ready: Message[];
};

/** Unread messages of all conversations, merged by time, then conversation, then number. */
export class UnreadList {
  constructor(private readonly context: ChatContext) {}

  async page(caller: Caller, paging: Paging<typeof unreadPosition>): Promise<Page<Message>> {
    const { accountId } = caller;
    const { conversations } = await readOwnConversations(this.context.store, accountId);
    const sources = conversations
      .filter((own) => unreadCount(own, accountId) > 0)
      .map((own): Source => ({
        own,
        next: own.entry.readSeq + 1,
        others: own.entry.readOthers,
        ready: [],
      }));
    const after = paging.position && position(paging.position);
    if (after) await this.skip(sources, after);
    const items: Message[] = [];
    while (items.length <= paging.size) {
      await this.fill(accountId, sources);
      const first = sources.reduce<Source | undefined>(
        (best, source) => (precedes(source.ready[0], best?.ready[0]) ? source : best),
        undefined,
      );
      const message = first?.ready.shift();
      if (!message) return { items, nextPageToken: '' };
      items.push(message);
    }
    items.pop();
    const last = items.at(-1);
    const token = last && paging.tokenAt([last.createTime, last.conversationId, last.seq]);
    return { items, nextPageToken: token ?? '' };
  }

  /** Reads on where nothing is ready and something is left. */
  private async fill(accountId: string, sources: readonly Source[]): Promise<void> {
    for (;;) {
      const empty = sources
        .filter(({ own, next, ready }) => ready.length === 0 && next <= own.state.head.record.seq)
        .slice(0, 200);
      if (empty.length === 0) return;
      await giveWay();
      const limit = sources.length > 8 ? 4 : chunk;
      const requests = empty.flatMap(({ own, next }): ReadRequest[] => {
        const to = Math.min(next + limit, own.state.head.record.seq + 1);
        return [messageRange(own.id, next, to), hiddenRange(accountId, own.id, next, to)];
      });
      const { results } = await this.context.store.read(requests);
      const ownOnly: Source[] = [];
      empty.forEach((source, i) => {
        const { own, others } = source;
        const { info } = own.state;
        const hidden = new Set((results[2 * i + 1] ?? []).map((entry) => decodeKey(entry.key)[4]));
        for (const entry of results[2 * i] ?? []) {
          const seq = decodeKey(entry.key)[3] as number;
          const record = records.message.decode(entry.value);
          source.others = othersUpTo(seq, record, info.record, accountId);
          const message = toMessage(own.id, seq, record, info.record);
          if (message.senderId !== accountId && !hidden.has(seq)) source.ready.push(message);
        }
        source.next = Math.min(source.next + limit, own.state.head.record.seq + 1);
        if (source.others === others) ownOnly.push(source);
      });
      await Promise.all(ownOnly.map(async (source) => this.skipOwn(accountId, source)));
    }
  }

  /** Moves past a run of the caller's own messages, which may be any number: strides first, then bisection. */
  private async skipOwn(accountId: string, source: Source): Promise<void> {
    const { own, others } = source;
    const head = own.state.head.record.seq;
    if (countOfOthers(own.state, accountId) <= others) {
      source.next = head + 1;
      return;
    }
    // Another's message is in low < seq <= high.
    let low = source.next - 1;
    let high = head;
    for (let stride = 1; high - low > 1;) {
      const middle = Math.min(low + stride, Math.floor((low + high) / 2));
      const [entries] = (await this.context.store.read([{ key: keys.message(own.id, middle) }])).results;
      const entry = entries?.[0];
      const upTo =
        entry && othersUpTo(middle, records.message.decode(entry.value), own.state.info.record, accountId);
      // Missing: the conversation was emptied meanwhile.
      if (upTo === undefined || upTo > others) high = middle;
      else {
        low = middle;
        stride *= 2;
      }
    }
    source.next = high;
  }

  /** Moves every source past a position, all by bisection at once: times never go back within one. */
  private async skip(sources: readonly Source[], after: Position): Promise<void> {
    let open = sources.map((source) => ({
      source,
      low: source.next,
      high: source.own.state.head.record.seq + 1,
    }));
    while (open.length > 0) {
      for (let at = 0; at < open.length; at += 500) {
        const part = open.slice(at, at + 500);
        const middles = part.map(({ low, high }) => Math.floor((low + high) / 2));
        const requests = part.map(({ source }, i) => ({ key: keys.message(source.own.id, middles[i] ?? 0) }));
        const { results } = await this.context.store.read(requests);
        part.forEach((search, i) => {
          const entry = results[i]?.[0];
          const seq = middles[i] ?? 0;
          if (search.low >= search.high) return;
          const createTime = entry ? records.message.decode(entry.value).createTime : 0;
          if (compare({ createTime, conversationId: search.source.own.id, seq }, after) <= 0)
            search.low = seq + 1;
          else search.high = seq;
        });
      }
      for (const { source, low, high } of open) if (low >= high) source.next = low;
      open = open.filter(({ low, high }) => low < high);
    }
  }
}

type Position = Pick<Message, 'createTime' | 'conversationId' | 'seq'>;

function position([createTime, conversationId, seq]: readonly [number, string, number]): Position {
  return { createTime, conversationId, seq };
}

function compare(a: Position, b: Position): number {
  if (a.createTime !== b.createTime) return a.createTime - b.createTime;
  if (a.conversationId !== b.conversationId) return a.conversationId < b.conversationId ? -1 : 1;
  return a.seq - b.seq;
}

function precedes(a: Message | undefined, b: Message | undefined): boolean {
  if (!a) return false;
  return !b || compare(a, b) < 0;
}
