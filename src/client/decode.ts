import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import type * as account from '../api/holdfast/v1/account_pb.js';
import type * as conversation from '../api/holdfast/v1/conversation_pb.js';
import type { SubscribeResponse } from '../api/holdfast/v1/message_pb.js';
import type * as session from '../api/holdfast/v1/session_pb.js';
import type { Account, ChatEvent, Conversation, Message, Session, Time } from './types.js';

// From the API's types to the client's.

function decodeTime(timestamp: Timestamp | undefined): Time {
  return timestamp ? timestampMs(timestamp) : 0;
}

export function decodeAccount({ id, username, createTime }: account.Account): Account {
  return { id, username, createTime: decodeTime(createTime) };
}

export function decodeSession({ id, deviceName, createTime, expireTime, current }: session.Session): Session {
  return {
    id,
    deviceName,
    createTime: decodeTime(createTime),
    expireTime: decodeTime(expireTime),
    current,
  };
}

export function decodeMessage(message: conversation.Message): Message {
  return {
    conversationId: message.conversationId,
    seq: Number(message.seq),
    senderId: message.senderId,
    sender: message.sender,
    senderDeleted: message.senderDeleted,
    text: message.text,
    createTime: decodeTime(message.createTime),
    clientMessageId: message.clientMessageId,
    deleted: message.deleted,
  };
}

export function decodeConversation(one: conversation.Conversation): Conversation {
  return {
    id: one.id,
    title: one.title,
    members: one.members.map(({ accountId, username, deleted }) => ({ accountId, username, deleted })),
    headSeq: Number(one.headSeq),
    readSeq: Number(one.readSeq),
    unreadCount: Number(one.unreadCount),
    lastMessage: one.lastMessage && decodeMessage(one.lastMessage),
    closed: one.closed,
  };
}

/** Undefined for a sign of life, and for what a newer server may tell. */
export function decodeEvent({ event }: SubscribeResponse): ChatEvent | undefined {
  switch (event.case) {
    case 'message':
      return { type: 'message', message: decodeMessage(event.value) };
    case 'messageDeleted': {
      const { conversationId, seqs, forEveryone } = event.value;
      return { type: 'messageDeleted', conversationId, seqs: seqs.map(Number), forEveryone };
    }
    case 'read': {
      const { conversationId, readSeq } = event.value;
      return { type: 'read', conversationId, readSeq: Number(readSeq) };
    }
    case 'conversation':
      return { type: 'conversation', conversation: decodeConversation(event.value) };
    case 'accountDeleted': {
      const { conversationId, accountId } = event.value;
      return { type: 'accountDeleted', conversationId, accountId };
    }
    case 'resync': {
      const { conversationId } = event.value;
      return { type: 'resync', conversationId: conversationId === '' ? undefined : conversationId };
    }
    default:
      return undefined;
  }
}
