import { decodeKey } from '../kv/key-codec.js';
import type { Entry } from '../kv/store.js';
import type { ChatContext } from './chat-context.js';
import { decodeState, toMessage } from './conversation-state.js';
import type { ConversationState } from './conversation-state.js';
import type { ConversationStore } from './conversation-store.js';
import { giveWay } from './give-way.js';
import { hiddenRange, keys, messageRange } from './keys.js';
import { deletionLogLength } from './log-draft.js';
import { records } from './records.js';
import type { InfoRecord, MessageRecord } from './records.js';
import type { Caller, EventBody } from './types.js';

const pageSize = 200;
const maxHidden = 1_000;

/** An event, and the message that it delivers. */
export type Step = { readonly body: EventBody; readonly seq?: number };

/** What happened in a conversation between two revisions, read from the store. */
export class CatchUp {
  constructor(
    private readonly context: ChatContext,
    private readonly conversations: ConversationStore,
  ) {}

  /**
   * What happened after `base` (or after the message `seq`) and up to `until`, which the store has reached.
   * Nothing of what came after that: the feed brings it, and a message delivered twice is a mistake (G5).
   */
  async *run(
    caller: Caller,
    id: string,
    { base, seq }: { readonly base: number; readonly seq: number | undefined },
    until: number,
  ): AsyncGenerator<Step> {
    const { accountId } = caller;
    const { results } = await this.context.store.read([
      { key: keys.info(id) },
      { key: keys.head(id) },
      { key: keys.entry(accountId, id) },
      { ...keys.deletions(id), reverse: true, limit: deletionLogLength },
      { ...hiddenRange(accountId, id, 0, Number.MAX_SAFE_INTEGER), limit: maxHidden },
    ]);
    const [info, head, entry, deletions = [], hidden = []] = [
      results[0]?.[0],
      results[1]?.[0],
      results[2]?.[0],
      results[3],
      results[4],
    ];
    const state = decodeState(info, head);
    if (!state || !entry) return;
    const opened = state.info.revision <= until || !(await this.isNew(id, 1, until));
    if (!opened) return;
    if (state.info.revision > base) yield* this.membership(caller, id, state.info.record);
    if (seq !== undefined && seq > state.head.record.seq) {
      yield { body: { type: 'resync', conversationId: id } };
      return;
    }
    const first = await this.firstNew(id, state, base, seq);
    yield* this.deletionsBefore(id, first, { base, until }, state, deletions);
    if (entry.revision > base) {
      if (hidden.length === maxHidden) yield { body: { type: 'resync', conversationId: id } };
      const seqs = hidden
        .filter(({ revision }) => revision > base && revision <= until)
        .map((mark) => decodeKey(mark.key)[4] as number)
        .filter((hiddenSeq) => hiddenSeq < first);
      yield* deleted(id, seqs, false);
      const { readSeq } = records.entry.decode(entry.value);
      if (readSeq > 0 && entry.revision <= until) {
        yield { body: { type: 'read', conversationId: id, readSeq } };
      }
    }
    yield* this.messages(accountId, id, state, first, until);
  }

  /** The conversation, and which of its members are gone. */
  async *membership(
    caller: Caller,
    id: string,
    { memberIds, memberDeleted }: InfoRecord,
  ): AsyncGenerator<Step> {
    const conversation = await this.conversations.get(caller, id);
    if (conversation) yield { body: { type: 'conversation', conversation } };
    for (const [i, accountId] of memberIds.entries()) {
      if (memberDeleted[i]) yield { body: { type: 'accountDeleted', conversationId: id, accountId } };
    }
  }

  private *deletionsBefore(
    id: string,
    first: number,
    { base, until }: { readonly base: number; readonly until: number },
    state: ConversationState,
    newestFirst: readonly Entry[],
  ): Generator<Step> {
    const missed = newestFirst.filter((deletion) => deletion.revision > base);
    if (missed.length === deletionLogLength && state.head.record.deletions > deletionLogLength) {
      // Older ones may be missed too; they are not kept.
      yield { body: { type: 'resync', conversationId: id } };
      return;
    }
    const seqs = missed
      .filter(({ revision }) => revision <= until)
      .reverse()
      .flatMap((deletion) => records.deletion.decode(deletion.value).seqs);
    yield* deleted(
      id,
      seqs.filter((seq) => seq < first),
      true,
    );
  }

  /** The first message that has not been delivered; the one after the last when all have. */
  private async firstNew(
    id: string,
    state: ConversationState,
    base: number,
    seq: number | undefined,
  ): Promise<number> {
    if (seq !== undefined) return seq + 1;
    if (base === 0) return 1;
    let high = state.head.record.seq + 1;
    if (state.head.revision <= base) return high;
    let low = 0;
    // Mostly few are new: strides from the end first, then bisection.
    for (let stride = 1; high - stride > 0; stride *= 2) {
      if (!(await this.isNew(id, high - stride, base))) {
        low = high - stride;
        break;
      }
      high -= stride;
    }
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (await this.isNew(id, middle, base)) high = middle;
      else low = middle;
    }
    return high;
  }

  private async isNew(id: string, seq: number, base: number): Promise<boolean> {
    const [entries] = (await this.context.store.read([{ key: keys.message(id, seq) }])).results;
    const entry = entries?.[0];
    return entry !== undefined && appendedAt(entry, records.message.decode(entry.value)) > base;
  }

  private async *messages(
    accountId: string,
    id: string,
    state: ConversationState,
    first: number,
    until: number,
  ): AsyncGenerator<Step> {
    const last = state.head.record.seq;
    for (let from = first; from <= last; from += pageSize) {
      await giveWay();
      const to = Math.min(from + pageSize, last + 1);
      const { results } = await this.context.store.read([
        messageRange(id, from, to),
        hiddenRange(accountId, id, from, to),
      ]);
      const hidden = new Set((results[1] ?? []).map((mark) => decodeKey(mark.key)[4]));
      for (const entry of results[0] ?? []) {
        const seq = decodeKey(entry.key)[3] as number;
        const record = records.message.decode(entry.value);
        if (appendedAt(entry, record) > until) return;
        if (hidden.has(seq)) continue;
        const message = toMessage(id, seq, record, state.info.record);
        yield { body: { type: 'message', message }, seq };
      }
    }
  }
}

/** The revision that a message was appended at: its deletion writes the record again. */
function appendedAt(entry: Entry, { appended }: MessageRecord): number {
  return appended ?? entry.revision;
}

/** At most one event for each 1,000 messages. */
function* deleted(conversationId: string, seqs: readonly number[], forEveryone: boolean): Generator<Step> {
  for (let i = 0; i < seqs.length; i += 1_000) {
    const part = seqs.slice(i, i + 1_000);
    yield { body: { type: 'messageDeleted', conversationId, seqs: part, forEveryone } };
  }
}
