import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { AccountSchema } from '../api/holdfast/v1/account_pb.js';
import { ConversationKind } from '../api/holdfast/v1/conversation_pb.js';
import type { ConversationSchema, MessageSchema } from '../api/holdfast/v1/conversation_pb.js';
import type { SubscribeResponseSchema } from '../api/holdfast/v1/message_pb.js';
import type { SessionSchema } from '../api/holdfast/v1/session_pb.js';
import type { Account, Conversation, Event, EventBody, Message, Session } from '../chat/types.js';

// From the domain's types to the API's.

export function encodeAccount({ id, username, createTime }: Account): MessageInitShape<typeof AccountSchema> {
  return { id, username, createTime: timestampFromMs(createTime) };
}

export function encodeSession(session: Session): MessageInitShape<typeof SessionSchema> {
  const { createTime, expireTime, ...rest } = session;
  return { ...rest, createTime: timestampFromMs(createTime), expireTime: timestampFromMs(expireTime) };
}

export function encodeMessage(message: Message): MessageInitShape<typeof MessageSchema> {
  const { seq, createTime, ...rest } = message;
  return { ...rest, seq: BigInt(seq), createTime: timestampFromMs(createTime) };
}

export function encodeConversation(conversation: Conversation): MessageInitShape<typeof ConversationSchema> {
  const { id, title, members, closed, lastMessage } = conversation;
  return {
    id,
    kind: ConversationKind.DIRECT,
    title,
    members: members.map((member) => ({ ...member })),
    headSeq: BigInt(conversation.headSeq),
    readSeq: BigInt(conversation.readSeq),
    unreadCount: BigInt(conversation.unreadCount),
    closed,
    ...(lastMessage && { lastMessage: encodeMessage(lastMessage) }),
  };
}

type SubscribeReply = MessageInitShape<typeof SubscribeResponseSchema>;

export function encodeEvent({ body, resumeToken }: Event): SubscribeReply {
  return { event: encodeBody(body), resumeToken } as SubscribeReply;
}

function encodeBody(body: EventBody) {
  switch (body.type) {
    case 'message':
      return { case: 'message', value: encodeMessage(body.message) };
    case 'messageDeleted': {
      const { conversationId, seqs, forEveryone } = body;
      return { case: 'messageDeleted', value: { conversationId, seqs: seqs.map(BigInt), forEveryone } };
    }
    case 'read':
      return {
        case: 'read',
        value: { conversationId: body.conversationId, readSeq: BigInt(body.readSeq) },
      };
    case 'conversation':
      return { case: 'conversation', value: encodeConversation(body.conversation) };
    case 'accountDeleted':
      return {
        case: 'accountDeleted',
        value: { conversationId: body.conversationId, accountId: body.accountId },
      };
    case 'resync':
      return { case: 'resync', value: { conversationId: body.conversationId ?? '' } };
    case 'heartbeat':
      return { case: 'heartbeat', value: {} };
  }
}
