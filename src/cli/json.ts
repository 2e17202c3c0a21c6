import type { OutboxEntry } from '../client/outbox-item.js';
import type {
  Account,
  ChatEvent,
  ClusterNode,
  ClusterStatus,
  Conversation,
  Message,
  Session,
  Time,
} from '../client/types.js';
import { formatTarget } from './target.js';

// What `--json` prints (docs/cli.md): the API's field names, numbers as numbers, times in ISO 8601.

function iso(time: Time): string {
  return new Date(time).toISOString();
}

export function nodeJson(node: ClusterNode) {
  return {
    id: node.id,
    server_address: node.serverAddress,
    web_address: node.webAddress,
    raft_address: node.raftAddress,
    role: node.role ?? null,
    health: node.health,
    version: node.version,
    applied_revision: node.appliedRevision,
    database_bytes: node.databaseBytes,
    database_bytes_in_use: node.databaseBytesInUse,
    space: node.space ?? null,
  };
}

export function statusJson(status: ClusterStatus) {
  return {
    node_id: status.nodeId,
    nodes: status.nodes.map(nodeJson),
    faults_tolerated_now: status.faultsToleratedNow,
    faults_tolerated_max: status.faultsToleratedMax,
    quota_bytes: status.quotaBytes,
  };
}

export function accountJson({ id, username, createTime }: Account) {
  return { id, username, create_time: iso(createTime) };
}

export function sessionJson({ id, deviceName, createTime, expireTime, current }: Session) {
  return {
    id,
    device_name: deviceName,
    create_time: iso(createTime),
    expire_time: iso(expireTime),
    current,
  };
}

export function messageJson(message: Message) {
  return {
    conversation_id: message.conversationId,
    seq: message.seq,
    sender: message.sender,
    sender_deleted: message.senderDeleted,
    text: message.text,
    create_time: iso(message.createTime),
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
    head_seq: conversation.headSeq,
    read_seq: conversation.readSeq,
    unread_count: conversation.unreadCount,
    closed,
    last_message: lastMessage ? messageJson(lastMessage) : null,
  };
}

export function entryJson({ key, target, text, addTime, state, problem, tried }: OutboxEntry) {
  return {
    key,
    to: formatTarget(target),
    text,
    add_time: iso(addTime),
    state: state === 'refused' ? 'refused' : 'waiting',
    reason: problem?.reason ?? null,
    tried,
  };
}

export function eventJson(event: ChatEvent) {
  switch (event.type) {
    case 'message':
      return { event: 'message', ...messageJson(event.message) };
    case 'messageDeleted': {
      const { conversationId, seqs, forEveryone } = event;
      return { event: 'message_deleted', conversation_id: conversationId, seqs, for_everyone: forEveryone };
    }
    case 'read':
      return { event: 'read', conversation_id: event.conversationId, read_seq: event.readSeq };
    case 'conversation':
      return { event: 'conversation', ...conversationJson(event.conversation) };
    case 'accountDeleted':
      return { event: 'account_deleted', conversation_id: event.conversationId };
    case 'resync':
      return { event: 'resync', conversation_id: event.conversationId ?? '' };
  }
}
