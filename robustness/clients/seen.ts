import type { Conversation, Message } from '../../src/api/holdfast/v1/conversation_pb.js';
import type { Account } from '../../src/api/holdfast/v1/account_pb.js';
import type { SubscribeResponse } from '../../src/api/holdfast/v1/message_pb.js';
import type { SeenAccount, SeenConversation, SeenMessage, StreamEvent } from '../history/record.js';

/** What is written down of what servers answer. */

export function seenAccount({ id, username }: Account): SeenAccount {
  return { id, username };
}

export function seenMessage(message: Message): SeenMessage {
  const { conversationId, seq, senderId, clientMessageId, text, deleted, createTime } = message;
  return {
    conversation: conversationId,
    seq: Number(seq),
    senderId,
    clientMessageId,
    text,
    deleted,
    createTime: Number(createTime?.seconds ?? 0) * 1_000 + (createTime?.nanos ?? 0) / 1_000_000,
  };
}

export function seenConversation(conversation: Conversation): SeenConversation {
  const { id, headSeq, readSeq, unreadCount, closed, lastMessage } = conversation;
  return {
    id,
    headSeq: Number(headSeq),
    readSeq: Number(readSeq),
    unread: Number(unreadCount),
    closed,
    ...(lastMessage && { last: seenMessage(lastMessage) }),
  };
}

/** Undefined for an event that this version does not know. */
export function seenEvent({ event }: SubscribeResponse): StreamEvent | undefined {
  switch (event.case) {
    case 'message':
      return { kind: 'message', message: seenMessage(event.value) };
    case 'messageDeleted': {
      const { conversationId, seqs, forEveryone } = event.value;
      return { kind: 'deleted', conversation: conversationId, seqs: seqs.map(Number), forEveryone };
    }
    case 'read':
      return { kind: 'read', conversation: event.value.conversationId, readSeq: Number(event.value.readSeq) };
    case 'conversation':
      return { kind: 'conversation', conversation: seenConversation(event.value) };
    case 'accountDeleted':
      return {
        kind: 'accountDeleted',
        conversation: event.value.conversationId,
        account: event.value.accountId,
      };
    case 'resync':
      return { kind: 'resync', conversation: event.value.conversationId };
    case 'heartbeat':
      return { kind: 'heartbeat' };
    default:
      return undefined;
  }
}
