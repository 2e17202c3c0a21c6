/** What is written down while a run goes on: JSON lines, one record each. Times are those of `moment`. */
export type HistoryRecord = CallRecord | ReturnRecord | EventRecord | FaultRecord | NoteRecord;

/** How a call ended. `unknown`: it may have been done, now or at any later time. */
export type Outcome = 'ok' | 'refused' | 'unknown';

export type CallRecord = {
  readonly type: 'call';
  readonly id: string;
  /** Who calls: one thing at a time, in order. */
  readonly client: string;
  /** Number of the node that is called; -1: the client library chooses. */
  readonly node: number;
  readonly at: number;
  readonly call: Request;
};

export type ReturnRecord = {
  readonly type: 'return';
  readonly id: string;
  readonly at: number;
  readonly outcome: Outcome;
  /** Of the refusal (docs/errors.md); NOT_CONNECTED: the call never left. */
  readonly reason?: string;
  readonly result?: Result;
};

/** Received on the stream that a `subscribe` call opened. */
export type EventRecord = {
  readonly type: 'event';
  readonly id: string;
  readonly at: number;
  readonly event: StreamEvent;
  /** Whether it came with a resume token. */
  readonly token: boolean;
};

export type FaultRecord = {
  readonly type: 'fault';
  readonly id: string;
  readonly kind: string;
  readonly nodes: readonly number[];
  /** Whether these can't serve because of it. */
  readonly stops: boolean;
  readonly at: number;
  /** `begin`: before anything is done. `held`: it is in force. `heal`: its end begins. `end`: all is as before. */
  readonly phase: 'begin' | 'held' | 'heal' | 'end';
  /** What shows that it happened. */
  readonly evidence?: string;
};

/** Parts of the run, such as the final reads. */
export type NoteRecord = { readonly type: 'note'; readonly at: number; readonly note: string };

export type SeenMessage = {
  readonly conversation: string;
  readonly seq: number;
  readonly senderId: string;
  readonly clientMessageId: string;
  readonly text: string;
  readonly deleted: boolean;
  /** Milliseconds since 1970, as the server says. */
  readonly createTime: number;
};

export type SeenConversation = {
  readonly id: string;
  readonly headSeq: number;
  readonly readSeq: number;
  readonly unread: number;
  readonly closed: boolean;
  readonly last?: SeenMessage;
};

export type SeenAccount = { readonly id: string; readonly username: string };

/** `account`: the caller's account id; `session`: a name of the login that the call is made with. */
type As = { readonly account: string; readonly session: string };

export type Request =
  | { readonly op: 'createAccount'; readonly username: string; readonly password: string }
  | { readonly op: 'login'; readonly username: string; readonly password: string; readonly session: string }
  | ({ readonly op: 'logout' } & As)
  /** `ends`: the name of the login that is ended. */
  | ({ readonly op: 'revoke'; readonly ends: string } & As)
  | ({ readonly op: 'listSessions' } & As)
  | ({ readonly op: 'getAccount'; readonly username: string } & As)
  | ({ readonly op: 'listAccounts'; readonly pattern: string; readonly page: PagePosition } & As)
  | ({
      readonly op: 'changePassword';
      readonly username: string;
      readonly oldPassword: string;
      readonly newPassword: string;
    } & As)
  | ({ readonly op: 'deleteAccount'; readonly username: string; readonly password: string } & As)
  | ({
      readonly op: 'send';
      /** A username, or a conversation id with `#` before it. */
      readonly to: string;
      readonly text: string;
      readonly clientMessageId: string;
      readonly knownSeq?: number;
    } & As)
  | ({
      readonly op: 'listMessages';
      readonly to: string;
      readonly before?: number;
      readonly after?: number;
      readonly size: number;
      readonly page: PagePosition;
    } & As)
  | ({ readonly op: 'listUnread'; readonly size: number; readonly page: PagePosition } & As)
  | ({ readonly op: 'listConversations'; readonly size: number; readonly page: PagePosition } & As)
  | ({ readonly op: 'markRead'; readonly conversation: string; readonly seq: number } & As)
  | ({
      readonly op: 'deleteMessages';
      readonly conversation: string;
      readonly seqs: readonly number[];
      readonly forEveryone: boolean;
    } & As)
  | ({
      readonly op: 'subscribe';
      /** Streams that go on where the one before them was. */
      readonly chain: string;
      readonly from: 'now' | 'start' | 'token' | 'cursors';
      readonly cursors?: Readonly<Record<string, number>>;
    } & As)
  | ({ readonly op: 'status' } & As);

export type OperationName = Request['op'];

/** Which listing a page belongs to, and which of its pages it is, from 0. */
export type PagePosition = { readonly listing: string; readonly number: number };

export type Result = {
  readonly account?: SeenAccount;
  readonly accounts?: readonly SeenAccount[];
  readonly message?: SeenMessage;
  readonly messages?: readonly SeenMessage[];
  readonly conversations?: readonly SeenConversation[];
  readonly readSeq?: number;
  /** How many sessions are listed. */
  readonly sessions?: number;
  /** Of a page: whether there is another one. */
  readonly more?: boolean;
  readonly faultsTolerated?: number;
};

export type StreamEvent =
  | { readonly kind: 'message'; readonly message: SeenMessage }
  | {
      readonly kind: 'deleted';
      readonly conversation: string;
      readonly seqs: readonly number[];
      readonly forEveryone: boolean;
    }
  | { readonly kind: 'read'; readonly conversation: string; readonly readSeq: number }
  | { readonly kind: 'conversation'; readonly conversation: SeenConversation }
  | { readonly kind: 'accountDeleted'; readonly conversation: string; readonly account: string }
  | { readonly kind: 'resync'; readonly conversation: string }
  | { readonly kind: 'heartbeat' };
