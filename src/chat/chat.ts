import type { SendPlace } from './send-order.js';
import type {
  Account,
  Caller,
  Conversation,
  Event,
  Message,
  Page,
  PageRequest,
  Session,
  Target,
  Time,
} from './types.js';

/** What limits a call's time, and must not count what takes long by its nature. */
export interface TimeLimit {
  pause(): void;
  /** Begins anew. */
  resume(): void;
}

/** Every method throws `ChatError` for a refusal and `StoreError` when the store fails. */
export interface Accounts {
  create(request: { readonly username: string; readonly password: string }): Promise<Account>;
  get(username: string): Promise<Account>;
  list(request: PageRequest & { readonly pattern: string }): Promise<Page<Account>>;
  changePassword(
    caller: Caller,
    request: { readonly oldPassword: string; readonly newPassword: string },
  ): Promise<void>;
  delete(caller: Caller, request: { readonly password: string }): Promise<void>;
}

export interface Sessions {
  login(request: {
    readonly username: string;
    readonly password: string;
    readonly deviceName: string;
    /** Where it comes from; wrong passwords count for each place. Default: '', as one of its own. */
    readonly place?: string;
  }): Promise<{ readonly token: string; readonly account: Account; readonly expireTime: Time }>;
  /** Whose token it is. Throws TOKEN_MALFORMED, SESSION_ENDED, SESSION_EXPIRED or IMPORT_UNFINISHED. */
  authenticate(token: string): Promise<Caller>;
  logout(caller: Caller): Promise<void>;
  list(caller: Caller): Promise<readonly Session[]>;
  revoke(caller: Caller, sessionId: string): Promise<void>;
}

export interface Conversations {
  list(caller: Caller, request: PageRequest): Promise<Page<Conversation>>;
  /** Returns the read cursor after the call. */
  markRead(
    caller: Caller,
    request: { readonly conversationId: string; readonly seq: number },
  ): Promise<number>;
}

export interface Messages {
  /**
   * The place of a send among those of its session, whatever names that. Who takes it before waiting for anything, and
   * sends with it, has it queued in the order in which the calls came. To be left when the call has ended.
   */
  place(session: string): SendPlace;
  send(
    caller: Caller,
    request: {
      readonly target: Target | undefined;
      readonly text: string;
      readonly clientMessageId: string;
      readonly knownSeq: number | undefined;
      readonly limit?: TimeLimit;
      readonly place?: SendPlace;
    },
  ): Promise<Message>;
  list(
    caller: Caller,
    request: PageRequest & {
      readonly target: Target | undefined;
      readonly beforeSeq: number | undefined;
      readonly afterSeq: number | undefined;
    },
  ): Promise<Page<Message>>;
  listUnread(caller: Caller, request: PageRequest): Promise<Page<Message>>;
  delete(
    caller: Caller,
    request: {
      readonly conversationId: string;
      readonly seqs: readonly number[];
      readonly forEveryone: boolean;
    },
  ): Promise<void>;
}

/** Where the caller left off: neither says from now on. */
export type SubscribeRequest = {
  /** Number of the last message that it knows, by conversation. */
  readonly cursors: ReadonlyMap<string, number>;
  readonly resumeToken: string;
};

/** Who waits for the next item of a stream: what a promise would call, once. */
export interface Taker<T> {
  resolve(next: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

/** A stream of which items can also be had without a promise for each. */
export interface TakenStream<T> extends AsyncIterableIterator<T> {
  /** As `next`, for somebody who is told; never before it returns. Not to be called again before that. */
  take(taker: Taker<T>): void;
  /** At any time: who waits for an item is told that there is none. */
  return(): Promise<IteratorResult<T, undefined>>;
}

export interface Delivery {
  /**
   * Events from where the caller left off, without end; the first one is a heartbeat. Ends when the signal
   * aborts or `return` is called, at any time; throws SESSION_ENDED or SESSION_EXPIRED when the caller's session ends meanwhile,
   * STREAMS_TOO_MANY, or SHUTTING_DOWN when the chat closes.
   */
  subscribe(
    caller: Caller,
    request: SubscribeRequest,
    options?: { readonly signal?: AbortSignal | undefined },
  ): TakenStream<Event>;
}

/** The domain. */
export interface Chat {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly conversations: Conversations;
  readonly messages: Messages;
  readonly delivery: Delivery;
  /** Follows the store's feed and resumes unfinished deletions. */
  start(): Promise<void>;
  /** Ends subscriptions with SHUTTING_DOWN and waits for what is in flight. Idempotent. */
  close(): Promise<void>;
}
