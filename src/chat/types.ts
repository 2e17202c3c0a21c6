/** Milliseconds since 1970-01-01 UTC. */
export type Time = number;

export type Account = {
  /** Opaque, never used twice. */
  readonly id: string;
  /** As typed when the account was made. */
  readonly username: string;
  readonly createTime: Time;
};

/** Who makes a call: the account and the session that its token belongs to. */
export type Caller = { readonly accountId: string; readonly sessionId: string };

export type Session = {
  readonly id: string;
  readonly deviceName: string;
  readonly createTime: Time;
  readonly expireTime: Time;
  /** The session of the caller. */
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
  readonly kind: 'direct';
  /** The other member's username; the caller's own in a conversation with oneself; empty when deleted. */
  readonly title: string;
  readonly members: readonly Member[];
  readonly headSeq: number;
  readonly readSeq: number;
  readonly unreadCount: number;
  /** Undefined when the caller has deleted the last message for itself. */
  readonly lastMessage: Message | undefined;
  readonly closed: boolean;
};

/** Names a conversation: by the other person, or by its id. */
export type Target = { readonly username: string } | { readonly conversationId: string };

/** pageSize: 0 means 50, more than 200 means 200, negative is refused. pageToken: empty for the first page. */
export type PageRequest = { readonly pageSize: number; readonly pageToken: string };

export type Page<T> = {
  readonly items: readonly T[];
  /** Empty when there is nothing more. */
  readonly nextPageToken: string;
};

/** What a subscriber is told. */
export type EventBody =
  | { readonly type: 'message'; readonly message: Message }
  | {
      readonly type: 'messageDeleted';
      readonly conversationId: string;
      readonly seqs: readonly number[];
      readonly forEveryone: boolean;
    }
  | { readonly type: 'read'; readonly conversationId: string; readonly readSeq: number }
  | { readonly type: 'conversation'; readonly conversation: Conversation }
  | { readonly type: 'accountDeleted'; readonly conversationId: string; readonly accountId: string }
  /** conversationId undefined: everything is to be read again. */
  | { readonly type: 'resync'; readonly conversationId: string | undefined }
  | { readonly type: 'heartbeat' };

/** resumeToken: where a new subscription goes on after this event; empty while it can't be told briefly. */
export type Event = { readonly body: EventBody; readonly resumeToken: string };
