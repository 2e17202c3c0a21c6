import { decodeKey } from '../kv/key-codec.js';
import type { ReadRequest, Store } from '../kv/store.js';
import type { ChatContext } from './chat-context.js';
import { ChatError } from './chat-error.js';
import type { Conversations } from './chat.js';
import {
  countOfOthers,
  decodeState,
  othersUpTo,
  readMemberState,
  toConversation,
  toMessage,
} from './conversation-state.js';
import type { ConversationState } from './conversation-state.js';
import { checkConversationId } from './directory.js';
import { giveWay } from './give-way.js';
import { hiddenRange, keys } from './keys.js';
import { applied, optimistically, readRecord } from './optimistic.js';
import { Paging } from './paging.js';
import { callerProfile, profileCheck } from './profiles.js';
import { records } from './records.js';
import type { EntryRecord } from './records.js';
import type { Caller, Conversation, Page, PageRequest } from './types.js';

/** Entries read at once; the states of as many are one read. */
const entryPage = 250;

/** One of the caller's conversations. */
export type OwnConversation = {
  readonly id: string;
  readonly state: ConversationState;
  readonly entry: EntryRecord;
  /** Revision of the entry. */
  readonly revision: number;
};

/** Messages of others past the read cursor, without those that the caller has deleted. */
export function unreadCount({ state, entry }: OwnConversation, accountId: string): number {
  return Math.max(0, countOfOthers(state, accountId) - entry.readOthers - entry.hiddenUnread);
}

/** The entries of an account, by conversation id, page by page; each page as of its revision or later. */
export async function* readEntryPages(store: Store, accountId: string) {
  const { end, start: first } = keys.entries(accountId);
  for (let start = first; ;) {
    const { revision, results } = await store.read([{ start, end, limit: entryPage }]);
    const entries = results[0] ?? [];
    yield { revision, entries, ids: entries.map((entry) => decodeKey(entry.key)[3] as string) };
    const last = entries.at(-1);
    if (!last || entries.length < entryPage) return;
    await giveWay();
    start = Buffer.concat([last.key, Buffer.from([0])]);
  }
}

/** Every conversation that the account is in and that has a message; as of `revision` or later. */
export async function readOwnConversations(store: Store, accountId: string) {
  const conversations: OwnConversation[] = [];
  let revision: number | undefined;
  for await (const page of readEntryPages(store, accountId)) {
    revision ??= page.revision;
    const { entries, ids } = page;
    const requests: ReadRequest[] = ids.flatMap((id) => [{ key: keys.info(id) }, { key: keys.head(id) }]);
    const { results } = await store.read(requests);
    entries.forEach((entry, i) => {
      const state = decodeState(results[2 * i]?.[0], results[2 * i + 1]?.[0]);
      const id = ids[i];
      if (!state || id === undefined) return;
      conversations.push({ id, state, entry: records.entry.decode(entry.value), revision: entry.revision });
    });
  }
  return { conversations, revision: revision ?? 0 };
}

export class ConversationStore implements Conversations {
  constructor(private readonly context: ChatContext) {}

  async list(caller: Caller, request: PageRequest): Promise<Page<Conversation>> {
    const { store } = this.context;
    const paging = new Paging(['conversations', caller.accountId], request, ['number', 'text']);
    await callerProfile(store, caller.accountId);
    const { conversations } = await readOwnConversations(store, caller.accountId);
    const sorted = conversations
      .map((own) => ({ own, time: own.state.head.record.lastTime }))
      .sort((a, b) => b.time - a.time || (a.own.id < b.own.id ? -1 : 1));
    const [time, id] = paging.position ?? [];
    const start =
      time === undefined || id === undefined
        ? 0
        : sorted.findIndex((one) => one.time < time || (one.time === time && one.own.id > id));
    const page = start < 0 ? [] : sorted.slice(start, start + paging.size);
    const items = await this.views(
      caller,
      page.map(({ own }) => own),
    );
    const last = page.at(-1);
    const more = last !== undefined && start + page.length < sorted.length;
    return { items, nextPageToken: more ? paging.tokenAt([last.time, last.own.id]) : '' };
  }

  /** Undefined when the caller is in no such conversation. */
  async get(caller: Caller, id: string): Promise<Conversation | undefined> {
    const { store } = this.context;
    const state = await readMemberState(store, id, caller.accountId);
    const entry = await readRecord(store, keys.entry(caller.accountId, id), records.entry);
    if (!state || !entry) return undefined;
    const own = { id, state, entry: entry.record, revision: entry.revision };
    return (await this.views(caller, [own]))[0];
  }

  async markRead(caller: Caller, request: { conversationId: string; seq: number }): Promise<number> {
    const { store } = this.context;
    const { accountId } = caller;
    const { conversationId, seq } = request;
    checkConversationId(conversationId);
    return optimistically(async () => {
      const profile = await callerProfile(store, accountId);
      const state = await readMemberState(store, conversationId, accountId);
      const key = keys.entry(accountId, conversationId);
      const entry = await readRecord(store, key, records.entry);
      if (!state || !entry) throw new ChatError('CONVERSATION_NOT_FOUND');
      if (seq > state.head.record.seq) throw new ChatError('MESSAGE_NOT_FOUND');
      const before = entry.record;
      if (seq <= before.readSeq) return before.readSeq;
      const message = await readRecord(store, keys.message(conversationId, seq), records.message);
      if (!message) throw new ChatError('MESSAGE_NOT_FOUND');
      const after: EntryRecord = {
        readSeq: seq,
        readOthers: othersUpTo(seq, message.record, state.info.record, accountId),
        hiddenUnread: before.hiddenUnread === 0 ? 0 : await this.hiddenAfter(accountId, conversationId, seq),
      };
      const result = await store.commit({
        reserve: true,
        checks: [profileCheck(accountId, profile), { key, revision: entry.revision }],
        writes: [{ type: 'put', key, value: records.entry.encode(after) }],
      });
      return applied(result) && seq;
    });
  }

  /** Messages of others after `seq` that the account has deleted for itself. */
  private async hiddenAfter(accountId: string, conversationId: string, seq: number): Promise<number> {
    let count = 0;
    for (let from = seq + 1; ;) {
      const range = hiddenRange(accountId, conversationId, from, Number.MAX_SAFE_INTEGER);
      const entries = (await this.context.store.read([range])).results[0] ?? [];
      count += entries.filter((entry) => !records.hidden.decode(entry.value).own).length;
      const last = entries.at(-1);
      if (!last || entries.length < 1_000) return count;
      await giveWay();
      from = (decodeKey(last.key)[4] as number) + 1;
    }
  }

  private async views(caller: Caller, page: readonly OwnConversation[]): Promise<Conversation[]> {
    const { accountId } = caller;
    const requests = page.flatMap(({ id, state }): ReadRequest[] => [
      { key: keys.message(id, state.head.record.seq) },
      { key: keys.hidden(accountId, id, state.head.record.seq) },
    ]);
    const { results } = await this.context.store.read(requests);
    return page.map((own, i) => {
      const { id, state } = own;
      const entry = results[2 * i]?.[0];
      const hidden = results[2 * i + 1]?.[0] !== undefined;
      const record = entry && !hidden ? records.message.decode(entry.value) : undefined;
      return toConversation(id, state, accountId, {
        readSeq: own.entry.readSeq,
        unreadCount: unreadCount(own, accountId),
        lastMessage: record && toMessage(id, state.head.record.seq, record, state.info.record),
      });
    });
  }
}
