// What the API's messages are to clients: plain data with plain numbers, which can be compared, kept as JSON
// and shown.

/** Milliseconds since 1970-01-01 UTC. */
export type Time = number;

export type Account = {
  readonly id: string;
  /** As typed when the account was made. */
  readonly username: string;
  readonly createTime: Time;
};

export type Session = {
  readonly id: string;
  readonly deviceName: string;
  readonly createTime: Time;
  readonly expireTime: Time;
  /** The one that the call was made with. */
  readonly current: boolean;
};

export type Member = {
  readonly accountId: string;
  /** Empty when deleted. */
  readonly username: string;
  readonly deleted: boolean;
};

export type Message = {
  readonly conversationId: string;
  readonly seq: number;
  readonly senderId: string;
  /** Username; empty when that account was deleted. */
  readonly sender: string;
  readonly senderDeleted: boolean;
  /** Empty when deleted. */
  readonly text: string;
  readonly createTime: Time;
  readonly clientMessageId: string;
  /** Deleted for everyone. */
  readonly deleted: boolean;
};

export type Conversation = {
  readonly id: string;
  /** The other person's username; the caller's own in a conversation with oneself; empty when deleted. */
  readonly title: string;
  readonly members: readonly Member[];
  /** Number of the last message. */
  readonly headSeq: number;
  readonly readSeq: number;
  /** Messages of others after readSeq that the caller has not deleted. */
  readonly unreadCount: number;
  /** Undefined when the caller has deleted the last message for itself. */
  readonly lastMessage: Message | undefined;
  /** An account of it was deleted: it takes no more messages. */
  readonly closed: boolean;
};

/**
 * Names a conversation: by the other person, or by its id. Whoever knows both gives both: then the outbox
 * knows which of its entries belong together.
 */
export type Target =
  | { readonly username: string; readonly conversationId?: undefined }
  | { readonly conversationId: string; readonly username?: string | undefined };

export type PageRequest = {
  /** Default: 50; at most 200. */
  readonly pageSize?: number | undefined;
  /** Default: the first page. */
  readonly pageToken?: string | undefined;
};

export type Page<T> = {
  readonly items: readonly T[];
  /** Empty when there is nothing more. */
  readonly nextPageToken: string;
};

/** What a subscriber is told. */
export type ChatEvent =
  | { readonly type: 'message'; readonly message: Message }
  | {
      readonly type: 'messageDeleted';
      readonly conversationId: string;
      readonly seqs: readonly number[];
      readonly forEveryone: boolean;
    }
  | { readonly type: 'read'; readonly conversationId: string; readonly readSeq: number }
  /** A conversation that is new to the subscriber, or that has changed. */
  | { readonly type: 'conversation'; readonly conversation: Conversation }
  | { readonly type: 'accountDeleted'; readonly conversationId: string; readonly accountId: string }
  /**
   * What happened before this can't be told any more: the subscriber has to read again what it shows of that
   * conversation, or of all when the id is undefined. From here on nothing is missing.
   */
  | { readonly type: 'resync'; readonly conversationId: string | undefined };

/** A login, as its owner keeps it (as JSON, say). Whoever has the token is that user. */
export type SavedSession = {
  readonly username: string;
  readonly accountId: string;
  readonly token: string;
  /** Addresses that the transport takes; the one to use first comes first. */
  readonly servers: readonly string[];
};

/** Whose login it is, without what proves it. */
export type SessionIdentity = Omit<SavedSession, 'token'>;

/** Undefined: not known, as the node does not answer. */
export type NodeRole = 'standalone' | 'leader' | 'follower' | 'learner';

export type ClusterNode = {
  readonly id: string;
  /** HOST:PORT; empty while it is not known. */
  readonly serverAddress: string;
  /** URL; empty while it is not known. */
  readonly webAddress: string;
  /** HOST:PORT; empty for a server alone. */
  readonly raftAddress: string;
  readonly role: NodeRole | undefined;
  /** no-quorum: it answers, and can't reach a majority. */
  readonly health: 'healthy' | 'no-quorum' | 'unreachable';
  /** Of the program; empty while it is not known. */
  readonly version: string;
  readonly appliedRevision: number;
  readonly databaseBytes: number;
  readonly databaseBytesInUse: number;
  /** full: sends are refused. */
  readonly space: 'ok' | 'low' | 'full' | undefined;
};

export type ClusterStatus = {
  /** The one that answered. */
  readonly nodeId: string;
  readonly nodes: readonly ClusterNode[];
  /** Further nodes that may fail now. */
  readonly faultsToleratedNow: number;
  readonly faultsToleratedMax: number;
  /** Bytes that a node's database may take; 0: as much as its disk has. */
  readonly quotaBytes: number;
};
