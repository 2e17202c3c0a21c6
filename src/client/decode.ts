import type { Timestamp } from '@bufbuild/protobuf/wkt';
import { timestampMs } from '@bufbuild/protobuf/wkt';
import { NodeHealth, NodeRole, SpaceLevel } from '../api/holdfast/v1/cluster_pb.js';
import type * as cluster from '../api/holdfast/v1/cluster_pb.js';
import type * as account from '../api/holdfast/v1/account_pb.js';
import type * as conversation from '../api/holdfast/v1/conversation_pb.js';
import type { SubscribeResponse } from '../api/holdfast/v1/message_pb.js';
import type * as session from '../api/holdfast/v1/session_pb.js';
import type {
  Account,
  ChatEvent,
  ClusterNode,
  ClusterStatus,
  Conversation,
  Message,
  Session,
  Time,
} from './types.js';

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

const roles: Partial<Record<NodeRole, ClusterNode['role']>> = {
  [NodeRole.STANDALONE]: 'standalone',
  [NodeRole.LEADER]: 'leader',
  [NodeRole.FOLLOWER]: 'follower',
  [NodeRole.LEARNER]: 'learner',
};

const healths: Partial<Record<NodeHealth, ClusterNode['health']>> = {
  [NodeHealth.HEALTHY]: 'healthy',
  [NodeHealth.NO_QUORUM]: 'no-quorum',
};

const spaces: Partial<Record<SpaceLevel, ClusterNode['space']>> = {
  [SpaceLevel.OK]: 'ok',
  [SpaceLevel.LOW]: 'low',
  [SpaceLevel.FULL]: 'full',
};

function decodeNode(node: cluster.Node): ClusterNode {
  const { id, serverAddress, webAddress, raftAddress, version } = node;
  return {
    id,
    serverAddress,
    webAddress,
    raftAddress,
    version,
    role: roles[node.role],
    health: healths[node.health] ?? 'unreachable',
    space: spaces[node.space],
    appliedRevision: Number(node.appliedRevision),
    databaseBytes: Number(node.databaseBytes),
    databaseBytesInUse: Number(node.databaseBytesInUse),
  };
}

export function decodeStatus(status: cluster.GetStatusResponse): ClusterStatus {
  const { nodeId, nodes, faultsToleratedNow, faultsToleratedMax, limits } = status;
  const quotaBytes = Number(limits?.quotaBytes ?? 0n);
  return { nodeId, nodes: nodes.map(decodeNode), faultsToleratedNow, faultsToleratedMax, quotaBytes };
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
