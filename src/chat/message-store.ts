import { decodeKey } from '../kv/key-codec.js';
import type { ChatContext } from './chat-context.js';
import { ChatError } from './chat-error.js';
import type { Messages, TimeLimit } from './chat.js';
import { decodeState, readMemberState, toMessage } from './conversation-state.js';
import type { ConversationWriters } from './conversation-writers.js';
import { checkConversationId } from './directory.js';
import type { Directory } from './directory.js';
import { giveWay } from './give-way.js';
import { hiddenRange, keys, messageRange } from './keys.js';
import { applied, optimistically } from './optimistic.js';
import { Paging } from './paging.js';
import { profileCheck, callerProfile } from './profiles.js';
import { records } from './records.js';
import { SendOrder } from './send-order.js';
import type { SendPlace } from './send-order.js';
import type { Caller, Message, Page, PageRequest, Target } from './types.js';
import { UnreadList, unreadPosition } from './unread-list.js';

export const maxTextBytes = 16 * 1_024;
const maxDeleted = 100;
/** Past every sequence number. */
const endOfLog = Number.MAX_SAFE_INTEGER;

export type SendRequest = {
  readonly target: Target | undefined;
  readonly text: string;
  readonly clientMessageId: string;
  readonly knownSeq: number | undefined;
  readonly limit?: TimeLimit;
  readonly place?: SendPlace;
};

export type ListRequest = PageRequest & {
  readonly target: Target | undefined;
  readonly beforeSeq: number | undefined;
  readonly afterSeq: number | undefined;
};

export type DeleteRequest = {
  readonly conversationId: string;
  readonly seqs: readonly number[];
  readonly forEveryone: boolean;
};

function validateSend({ text, clientMessageId }: SendRequest): void {
  if (text === '') throw new ChatError('TEXT_MISSING');
  // A character has at most 3 bytes for each of its UTF-16 units: most texts need no counting.
  if (text.length * 3 > maxTextBytes && Buffer.byteLength(text) > maxTextBytes)
    throw new ChatError('TEXT_TOO_LONG');
  if (!text.isWellFormed()) throw new ChatError('TEXT_INVALID');
  if (clientMessageId === '') throw new ChatError('CLIENT_MESSAGE_ID_MISSING');
  if (clientMessageId.length > 64) throw new ChatError('CLIENT_MESSAGE_ID_TOO_LONG');
  if (!/^[\x21-\x7e]+$/.test(clientMessageId)) throw new ChatError('CLIENT_MESSAGE_ID_INVALID');
}

export class MessageStore implements Messages {
  private readonly unread: UnreadList;
  private readonly order = new SendOrder();

  constructor(
    private readonly context: ChatContext,
    private readonly directory: Directory,
    private readonly writers: ConversationWriters,
  ) {
    this.unread = new UnreadList(context);
  }

  place(session: string): SendPlace {
    return this.order.enter(session);
  }

  async send(caller: Caller, request: SendRequest): Promise<Message> {
    validateSend(request);
    const { target } = request;
    try {
      return await this.sendOnce(caller, request);
    } catch (error) {
      const gone =
        error instanceof ChatError &&
        (error.reason === 'CONVERSATION_CLOSED' || error.reason === 'ACCOUNT_NOT_FOUND');
      if (!gone || !target || !('username' in target)) throw error;
      // The name may belong to a new account by now.
      this.directory.forget(caller, target.username);
      return await this.sendOnce(caller, request);
    }
  }

  private async sendOnce(caller: Caller, request: SendRequest): Promise<Message> {
    const { conversationId, peerId } = await this.directory.resolveForSending(caller, request.target);
    const writer = this.writers.get(conversationId);
    const info = await writer.info();
    let opening;
    if (!info) {
      if (peerId === undefined) throw new ChatError('CONVERSATION_NOT_FOUND');
      opening = await this.directory.open(caller, peerId);
    } else if (peerId === undefined && !info.memberIds.includes(caller.accountId)) {
      throw new ChatError('CONVERSATION_NOT_FOUND');
    }
    const { text, clientMessageId, knownSeq, limit, place } = request;
    const senderId = caller.accountId;
    return writer.append({ senderId, text, clientMessageId, knownSeq, opening, limit, place });
  }

  async list(caller: Caller, request: ListRequest): Promise<Page<Message>> {
    const { beforeSeq, afterSeq } = request;
    if (beforeSeq !== undefined && afterSeq !== undefined) throw new ChatError('SEQ_RANGE_AMBIGUOUS');
    const { conversationId, peerId } = await this.directory.resolve(caller, request.target);
    const forward = afterSeq !== undefined;
    const bound = forward ? afterSeq : (beforeSeq ?? endOfLog);
    const query = ['messages', caller.accountId, conversationId, forward ? 1 : 0, bound];
    const paging = new Paging(query, request, ['number']);
    const items: Message[] = [];
    // Exclusive: the last message seen.
    let position = Math.min(paging.position?.[0] ?? bound, endOfLog);
    for (;;) {
      // Numbers have no gaps: a range of as many as are wanted costs the same wherever it is.
      const limit = paging.size + 1;
      const from = forward ? Math.min(position + 1, endOfLog) : Math.max(1, position - limit);
      const to = forward ? Math.min(from + limit, endOfLog) : position;
      const { results } = await this.context.store.read([
        { key: keys.info(conversationId) },
        { key: keys.head(conversationId) },
        messageRange(conversationId, from, to),
        hiddenRange(caller.accountId, conversationId, from, to),
      ]);
      const state = decodeState(results[0]?.[0], results[1]?.[0]);
      if (!state?.info.record.memberIds.includes(caller.accountId)) {
        await this.directory.requireCaller(caller);
        if (peerId === undefined) throw new ChatError('CONVERSATION_NOT_FOUND');
        return { items: [], nextPageToken: '' };
      }
      const last = state.head.record.seq;
      if (!forward && position > last + 1) {
        position = last + 1;
        continue;
      }
      const hidden = new Set((results[3] ?? []).map((entry) => decodeKey(entry.key)[4]));
      const entries = [...(results[2] ?? [])];
      if (!forward) entries.reverse();
      for (const entry of entries) {
        const seq = decodeKey(entry.key)[3] as number;
        if (!hidden.has(seq)) {
          if (items.length === paging.size) return { items, nextPageToken: paging.tokenAt([position]) };
          items.push(toMessage(conversationId, seq, records.message.decode(entry.value), state.info.record));
        }
        position = seq;
      }
      if (forward ? to > last : from <= 1) return { items, nextPageToken: '' };
      position = forward ? to - 1 : from;
      await giveWay();
    }
  }

  async listUnread(caller: Caller, request: PageRequest): Promise<Page<Message>> {
    const paging = new Paging(['unread', caller.accountId], request, unreadPosition);
    await this.directory.requireCaller(caller);
    return this.unread.page(caller, paging);
  }

  async delete(caller: Caller, { conversationId, seqs, forEveryone }: DeleteRequest): Promise<void> {
    checkConversationId(conversationId);
    if (seqs.length === 0) throw new ChatError('SEQS_MISSING');
    if (seqs.length > maxDeleted) throw new ChatError('SEQS_TOO_MANY');
    const state = await readMemberState(this.context.store, conversationId, caller.accountId);
    if (!state) {
      await this.directory.requireCaller(caller);
      throw new ChatError('CONVERSATION_NOT_FOUND');
    }
    if (seqs.some((seq) => seq < 1 || seq > state.head.record.seq)) throw new ChatError('MESSAGE_NOT_FOUND');
    if (forEveryone) await this.writers.get(conversationId).delete(caller.accountId, seqs);
    else await this.hide(caller, conversationId, [...new Set(seqs)], state.info.record.memberIds);
  }

  private async hide(
    caller: Caller,
    conversationId: string,
    seqs: readonly number[],
    memberIds: readonly string[],
  ): Promise<void> {
    const { store } = this.context;
    const { accountId } = caller;
    await optimistically(async () => {
      const profile = await callerProfile(store, accountId);
      const entryKey = keys.entry(accountId, conversationId);
      const messages = await store.read(seqs.map((seq) => ({ key: keys.message(conversationId, seq) })));
      const own = await store.read([
        { key: entryKey },
        ...seqs.map((seq) => ({ key: keys.hidden(accountId, conversationId, seq) })),
      ]);
      const entry = own.results[0]?.[0];
      if (!entry) throw new ChatError('CONVERSATION_NOT_FOUND');
      const record = records.entry.decode(entry.value);
      let { hiddenUnread } = record;
      const writes = seqs.flatMap((seq, i) => {
        const message = messages.results[i]?.[0];
        if (!message) throw new ChatError('MESSAGE_NOT_FOUND');
        if (own.results[i + 1]?.[0]) return [];
        const isOwn = memberIds[records.message.decode(message.value).sender] === accountId;
        if (!isOwn && seq > record.readSeq) hiddenUnread += 1;
        const key = keys.hidden(accountId, conversationId, seq);
        return [{ type: 'put' as const, key, value: records.hidden.encode({ own: isOwn }) }];
      });
      if (writes.length === 0) return true;
      return applied(
        await store.commit({
          reserve: true,
          checks: [profileCheck(accountId, profile), { key: entryKey, revision: entry.revision }],
          writes: [
            ...writes,
            { type: 'put', key: entryKey, value: records.entry.encode({ ...record, hiddenUnread }) },
          ],
        }),
      );
    });
  }
}
