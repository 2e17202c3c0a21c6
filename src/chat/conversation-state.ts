import type { Entry, Store } from '../kv/store.js';
import { keys } from './keys.js';
import type { Stored } from './optimistic.js';
import { records } from './records.js';
import type { HeadRecord, InfoRecord, MessageRecord } from './records.js';
import type { Conversation, Message } from './types.js';

/** What the conversation partition says of a conversation beside its messages. */
export type ConversationState = { readonly info: Stored<InfoRecord>; readonly head: Stored<HeadRecord> };

/** Undefined when the conversation does not exist, or all of its members are gone. */
export function decodeState(info: Entry | undefined, head: Entry | undefined): ConversationState | undefined {
  if (!info || !head) return undefined;
  return {
    info: { record: records.info.decode(info.value), revision: info.revision },
    head: { record: records.head.decode(head.value), revision: head.revision },
  };
}

export async function readState(
  store: Store,
  conversationId: string,
): Promise<ConversationState | undefined> {
  const { results } = await store.read([
    { key: keys.info(conversationId) },
    { key: keys.head(conversationId) },
  ]);
  return decodeState(results[0]?.[0], results[1]?.[0]);
}

/** The state, when the account is a member. */
export async function readMemberState(
  store: Store,
  conversationId: string,
  accountId: string,
): Promise<ConversationState | undefined> {
  const state = await readState(store, conversationId);
  return state?.info.record.memberIds.includes(accountId) ? state : undefined;
}

export function toMessage(
  conversationId: string,
  seq: number,
  message: MessageRecord,
  info: InfoRecord,
): Message {
  const { sender } = message;
  return {
    conversationId,
    seq,
    senderId: info.memberIds[sender] ?? '',
    sender: info.memberNames[sender] ?? '',
    senderDeleted: info.memberDeleted[sender] ?? false,
    text: message.text ?? '',
    createTime: message.createTime,
    clientMessageId: message.clientMessageId,
    deleted: message.text === null,
  };
}

/** Messages of members other than the account, from the start to the head. */
export function countOfOthers({ info, head }: ConversationState, accountId: string): number {
  const own = info.record.memberIds.indexOf(accountId);
  return head.record.seq - (head.record.counts[own] ?? 0);
}

/** Messages of members other than the account up to and with this one; for two members at most. */
export function othersUpTo(seq: number, message: MessageRecord, info: InfoRecord, accountId: string): number {
  const own = info.memberIds[message.sender] === accountId;
  return own ? seq - message.ordinal : message.ordinal;
}

export function toConversation(
  id: string,
  state: ConversationState,
  accountId: string,
  counters: {
    readonly readSeq: number;
    readonly unreadCount: number;
    readonly lastMessage: Message | undefined;
  },
): Conversation {
  const { memberIds, memberNames, memberDeleted } = state.info.record;
  const other = memberIds.length === 1 ? 0 : memberIds.findIndex((member) => member !== accountId);
  return {
    id,
    kind: 'direct',
    title: memberNames[other] ?? '',
    members: memberIds.map((member, i) => ({
      accountId: member,
      username: memberNames[i] ?? '',
      deleted: memberDeleted[i] ?? false,
    })),
    headSeq: state.head.record.seq,
    closed: state.head.record.closed,
    ...counters,
  };
}
