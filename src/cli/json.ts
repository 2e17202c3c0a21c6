import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import type { Account } from '../api/holdfast/v1/account_pb.js';
import type { Conversation, Message } from '../api/holdfast/v1/conversation_pb.js';
import type { SubscribeResponse } from '../api/holdfast/v1/message_pb.js';
import type { Session } from '../api/holdfast/v1/session_pb.js';

// What `--json` prints (docs/cli.md): the API's field names, numbers as numbers, times in ISO 8601.

function time(timestamp: Timestamp | undefined): string | null {
  return timestamp ? timestampDate(timestamp).toISOString() : null;
}

export function accountJson({ id, username, createTime }: Account) {
  return { id, username, create_time: time(createTime) };
}

export function sessionJson(session: Session) {
  const { id, deviceName, createTime, expireTime, current } = session;
  return {
    id,
    device_name: deviceName,
    create_time: time(createTime),
    expire_time: time(expireTime),
    current,
  };
}

export function messageJson(message: Message) {
  return {
    conversation_id: message.conversationId,
    seq: Number(message.seq),
    sender: message.sender,
    sender_deleted: message.senderDeleted,
    text: message.text,
    create_time: time(message.createTime),
    client_message_id: message.clientMessageId,
    deleted: message.deleted,
  };
}

export function conversationJson(conversation: Conversation) {
  const { id, title, members, closed, lastMessage } = conversation;
  return {
    id,
    title,
    members: members.map(({ username, deleted }) => ({ username, deleted })),
    head_seq: Number(conversation.headSeq),
    read_seq: Number(conversation.readSeq),
    unread_count: Number(conversation.unreadCount),
    closed,
    last_message: lastMessage ? messageJson(lastMessage) : null,
  };
}

/** Undefined for a sign of life. */
export function eventJson({ event }: SubscribeResponse) {
  switch (event.case) {
    case 'message':
      return { event: 'message', ...messageJson(event.value) };
    case 'messageDeleted': {
      const { conversationId, seqs, forEveryone } = event.value;
      const numbers = seqs.map(Number);
      return {
        event: 'message_deleted',
        conversation_id: conversationId,
        seqs: numbers,
        for_everyone: forEveryone,
      };
    }
    case 'read': {
      const { conversationId, readSeq } = event.value;
      return { event: 'read', conversation_id: conversationId, read_seq: Number(readSeq) };
    }
    case 'conversation':
      return { event: 'conversation', ...conversationJson(event.value) };
    case 'accountDeleted':
      return { event: 'account_deleted', conversation_id: event.value.conversationId };
    case 'resync':
      return { event: 'resync', conversation_id: event.value.conversationId };
    default:
      return undefined;
  }
}
