import type { Transport } from '@connectrpc/connect';
import type { LoginResponse } from '../api/holdfast/v1/session_pb.js';
import { ClientError } from './client-error.js';
import type { Clock } from './clock.js';
import { systemClock } from './clock.js';
import { decodeAccount, decodeConversation, decodeMessage, decodeSession, decodeStatus } from './decode.js';
import { EventStream } from './event-stream.js';
import type { StreamOptions } from './event-stream.js';
import { Failover } from './failover.js';
import type { CallRules, FailoverParts } from './failover.js';
import type { OutboxSender } from './outbox-sender.js';
import type { Random } from './random.js';
import { systemRandom } from './random.js';
import { addressesIn } from './server-discovery.js';
import type { AddressKind } from './server-discovery.js';
import { ServerList } from './server-list.js';
import type {
  Account,
  ClusterStatus,
  Conversation,
  Message,
  Page,
  PageRequest,
  SavedSession,
  Session,
  Target,
} from './types.js';

export type ChatClientOptions = {
  /** At least one; the first one is used first. Those that servers tell of are added. */
  readonly servers: readonly string[];
  /** Called once for each server that is used. */
  readonly createTransport: (server: string) => Transport;
  /** Which of the addresses that servers tell `createTransport` takes: HOST:PORT for gRPC, or URLs. */
  readonly addresses: AddressKind;
  /** To be kept with the session: all servers that are known, the one in use first. */
  readonly onServers?: ((servers: readonly string[]) => void) | undefined;
  /** Milliseconds that a call goes on trying; one on a server that hangs may take some seconds more. Default: 15,000. */
  readonly patience?: number | undefined;
  readonly clock?: Clock;
  readonly random?: Random;
};

export type Login = {
  readonly account: Account;
  /** To be kept, and to be given to `ChatSession.open` or its token to `as`. */
  readonly saved: SavedSession;
};

/** Methods of `ChatClient` take these as their last argument. */
export type CallOptions = Pick<CallRules, 'signal' | 'patience'>;

const passwordDeadline = 15_000;
const deletionDeadline = 120_000;

/**
 * The API with one method for each call, on whichever server answers. Each throws ClientError, with the
 * server's reason (docs/errors.md), or UNREACHABLE or CONNECTION_LOST once its patience is over. What reads,
 * or has the same outcome when it is made twice, is tried again on other servers; anything else only when
 * it is certain that nothing was done.
 */
export class ChatClient {
  /** They carry the token: out of reach also for scripts that do not know of types. */
  readonly #calls: Failover;

  private constructor(
    private readonly options: ChatClientOptions,
    private readonly parts: FailoverParts,
    calls: Failover,
  ) {
    this.#calls = calls;
  }

  /** Logged in as nobody: for `signUp` and `logIn`. */
  static create(options: ChatClientOptions): ChatClient {
    const { servers, createTransport, addresses, onServers } = options;
    const { clock = systemClock, random = systemRandom } = options;
    const list = new ServerList(servers, { clock, random, ...(onServers && { onChange: onServers }) });
    const parts = { servers: list, createTransport, addresses, clock, random };
    return new ChatClient(options, parts, new Failover(parts, { patience: options.patience }));
  }

  /** The same servers, with a login's token. `onSessionOver` is told when the token is no longer taken. */
  as(token: string, onSessionOver?: (error: ClientError) => void): ChatClient {
    const { patience } = this.options;
    return new ChatClient(
      this.options,
      this.parts,
      new Failover(this.parts, { token, onSessionOver, patience }),
    );
  }

  get clock(): Clock {
    return this.parts.clock;
  }

  get random(): Random {
    return this.parts.random;
  }

  /** All servers that are known, the one in use first. */
  get servers(): readonly string[] {
    return this.parts.servers.all;
  }

  // Accounts and sessions

  /**
   * Creates an account and logs in. When the answer is lost it asks again, and when then the name is taken,
   * the password tells whether it was taken by the lost call.
   */
  async signUp(
    request: { readonly username: string; readonly password: string; readonly deviceName: string },
    options: CallOptions = {},
  ): Promise<Login> {
    const { username, password } = request;
    let tries = 0;
    try {
      const rules = { ...options, deadline: passwordDeadline };
      await this.#calls.repeat(({ accounts }, call) => {
        tries += 1;
        return accounts.createAccount({ username, password }, call);
      }, rules);
    } catch (error) {
      const taken = error instanceof ClientError && error.reason === 'USERNAME_TAKEN';
      if (!taken || tries === 1) throw error;
      return await this.logIn(request, options).catch((cause: unknown) => {
        const ours = !(cause instanceof ClientError) || cause.reason !== 'CREDENTIALS_WRONG';
        throw ours ? cause : error;
      });
    }
    return this.logIn(request, options);
  }

  /** Twice at worst leaves a session that nobody has the token of; it expires. */
  async logIn(
    request: { readonly username: string; readonly password: string; readonly deviceName: string },
    options: CallOptions = {},
  ): Promise<Login> {
    const rules = { ...options, deadline: passwordDeadline };
    const reply = await this.#calls.repeat(({ sessions }, call) => sessions.login(request, call), rules);
    this.parts.servers.learn(this.addressesIn(reply));
    const account = decodeAccount(present(reply.account));
    const { id: accountId, username } = account;
    return { account, saved: { username, accountId, token: reply.token, servers: this.servers } };
  }

  /** Ends the session of this client's token; one that has ended already is no error. */
  async logOut(options: CallOptions = {}): Promise<void> {
    try {
      await this.#calls.repeat(({ sessions }, call) => sessions.logout({}, call), options);
    } catch (error) {
      if (!(error instanceof ClientError) || !error.sessionOver) throw error;
    }
  }

  async listSessions(options: CallOptions = {}): Promise<readonly Session[]> {
    const reply = await this.#calls.repeat(({ sessions }, call) => sessions.listSessions({}, call), options);
    return reply.sessions.map(decodeSession);
  }

  /** How the servers are, as the one that is asked sees them. Those that are new are known from then on. */
  async status(options: CallOptions = {}): Promise<ClusterStatus> {
    const reply = await this.#calls.repeat(({ cluster }, call) => cluster.getStatus({}, call), options);
    const status = decodeStatus(reply);
    this.parts.servers.learn(addressesIn(status, this.options.addresses));
    return status;
  }

  async revokeSession(sessionId: string, options: CallOptions = {}): Promise<void> {
    await this.#calls.repeat(({ sessions }, call) => sessions.revokeSession({ sessionId }, call), options);
  }

  async getAccount(username: string, options: CallOptions = {}): Promise<Account> {
    const reply = await this.#calls.repeat(
      ({ accounts }, call) => accounts.getAccount({ username }, call),
      options,
    );
    return decodeAccount(present(reply.account));
  }

  /** Whose username matches the pattern: '*' stands for any run of characters, '?' for one. */
  async listAccounts(
    request: PageRequest & { readonly pattern: string },
    options: CallOptions = {},
  ): Promise<Page<Account>> {
    const reply = await this.#calls.repeat(
      ({ accounts }, call) => accounts.listAccounts({ pattern: request.pattern, ...paging(request) }, call),
      options,
    );
    return { items: reply.accounts.map(decodeAccount), nextPageToken: reply.nextPageToken };
  }

  /** Ends every other session. CONNECTION_LOST: it may have been done; logging in shows. */
  async changePassword(
    request: { readonly oldPassword: string; readonly newPassword: string },
    options: CallOptions = {},
  ): Promise<void> {
    await this.#calls.once(({ accounts }, call) => accounts.changePassword(request, call), options);
  }

  /** For ever. CONNECTION_LOST: it may have been done; then the session is over soon. */
  async deleteAccount(password: string, options: CallOptions = {}): Promise<void> {
    const rules = { ...options, deadline: deletionDeadline };
    await this.#calls.once(({ accounts }, call) => accounts.deleteAccount({ password }, call), rules);
  }

  // Conversations and messages

  /** Latest activity first. */
  async listConversations(request: PageRequest = {}, options: CallOptions = {}): Promise<Page<Conversation>> {
    const reply = await this.#calls.repeat(
      ({ conversations }, call) => conversations.listConversations(paging(request), call),
      options,
    );
    return { items: reply.conversations.map(decodeConversation), nextPageToken: reply.nextPageToken };
  }

  /** Moves the read cursor forward; returns where it is now. */
  async markRead(
    request: { readonly conversationId: string; readonly seq: number },
    options: CallOptions = {},
  ): Promise<number> {
    const { conversationId, seq } = request;
    const reply = await this.#calls.repeat(
      ({ conversations }, call) => conversations.markRead({ conversationId, seq: BigInt(seq) }, call),
      options,
    );
    return Number(reply.readSeq);
  }

  /** Newest first; with `afterSeq` oldest first. Give at most one of the two. */
  async listMessages(
    request: PageRequest & {
      readonly target: Target;
      readonly beforeSeq?: number | undefined;
      readonly afterSeq?: number | undefined;
    },
    options: CallOptions = {},
  ): Promise<Page<Message>> {
    const { beforeSeq, afterSeq } = request;
    const query = {
      target: encodeTarget(request.target),
      ...paging(request),
      ...(beforeSeq !== undefined && { beforeSeq: BigInt(beforeSeq) }),
      ...(afterSeq !== undefined && { afterSeq: BigInt(afterSeq) }),
    };
    const reply = await this.#calls.repeat(
      ({ messages }, call) => messages.listMessages(query, call),
      options,
    );
    return { items: reply.messages.map(decodeMessage), nextPageToken: reply.nextPageToken };
  }

  /** What others have sent past the read cursors, in all conversations, oldest first. */
  async listUnread(request: PageRequest = {}, options: CallOptions = {}): Promise<Page<Message>> {
    const reply = await this.#calls.repeat(
      ({ messages }, call) => messages.listUnread(paging(request), call),
      options,
    );
    return { items: reply.messages.map(decodeMessage), nextPageToken: reply.nextPageToken };
  }

  /** For the caller alone; with `forEveryone`, only the caller's own ones, for all. */
  async deleteMessages(
    request: {
      readonly conversationId: string;
      readonly seqs: readonly number[];
      readonly forEveryone: boolean;
    },
    options: CallOptions = {},
  ): Promise<void> {
    const { conversationId, seqs, forEveryone } = request;
    const query = { conversationId, seqs: seqs.map(BigInt), forEveryone };
    await this.#calls.repeat(({ messages }, call) => messages.deleteMessages(query, call), options);
  }

  /**
   * Stores a message, exactly once however often it is sent with the same id. For an id that outlives this
   * process, and for the order among several messages, use the outbox.
   */
  async sendMessage(
    request: {
      readonly target: Target;
      readonly text: string;
      readonly clientMessageId: string;
      /** The last number of the conversation that was known before the id was first sent. */
      readonly knownSeq?: number | undefined;
    },
    options: CallOptions = {},
  ): Promise<Message> {
    const { text, clientMessageId, knownSeq } = request;
    const query = {
      target: encodeTarget(request.target),
      text,
      clientMessageId,
      ...(knownSeq !== undefined && { knownSeq: BigInt(knownSeq) }),
    };
    const reply = await this.#calls.repeat(
      ({ messages }, call) => messages.sendMessage(query, call),
      options,
    );
    return decodeMessage(present(reply.message));
  }

  /** What happens from now on, or from where another stream was. */
  subscribe(options: StreamOptions = {}): EventStream {
    return new EventStream(this.#calls, options);
  }

  /** What an outbox sends with. `patience`: milliseconds, of one try of an entry. */
  sender(patience: number): OutboxSender {
    return {
      send: (request, signal) => this.sendMessage(request, { signal, patience }),
      find: async (target, signal) => {
        const { items } = await this.listMessages({ target, pageSize: 1 }, { signal, patience });
        return items[0];
      },
    };
  }

  private addressesIn({ servers, webServers }: LoginResponse): readonly string[] {
    return this.options.addresses === 'grpc' ? servers : webServers;
  }
}

function encodeTarget(target: Target) {
  return target.conversationId === undefined
    ? { case: 'username' as const, value: target.username }
    : { case: 'conversationId' as const, value: target.conversationId };
}

function paging({ pageSize = 0, pageToken = '' }: PageRequest) {
  return { pageSize, pageToken };
}

function present<T>(field: T | undefined): T {
  if (field === undefined) throw new Error('the server left out what it always returns');
  return field;
}
