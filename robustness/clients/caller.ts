import { AccountService } from '../../src/api/holdfast/v1/account_pb.js';
import { ClusterService } from '../../src/api/holdfast/v1/cluster_pb.js';
import { ConversationService } from '../../src/api/holdfast/v1/conversation_pb.js';
import { MessageService } from '../../src/api/holdfast/v1/message_pb.js';
import { SessionService } from '../../src/api/holdfast/v1/session_pb.js';
import type { Recorder } from './recorder.js';
import { seenAccount, seenConversation, seenMessage } from './seen.js';

/** A login, and what is written down of it. */
export type Login = { readonly token: string; readonly account: string; readonly session: string };

/** Which node is called, and for how long the answer is waited for, in milliseconds. */
export type Way = { readonly node: number; readonly deadline: number };

export type ListMessages = {
  /** A username, or a conversation id with `#` before it. */
  readonly to: string;
  readonly size: number;
  readonly before?: number | undefined;
  readonly after?: number | undefined;
};

/** A page's place in its listing, and the token it was given out with. */
export type PageOf = { readonly listing: string; readonly number: number; readonly token: string };

/** One client's calls, each written down: a method for each of the API. */
export class Caller {
  constructor(
    readonly name: string,
    private readonly recorder: Recorder,
  ) {}

  async createAccount(way: Way, username: string, password: string) {
    return this.recorder.call({
      ...this.with(way),
      call: { op: 'createAccount', username, password },
      method: AccountService.method.createAccount,
      request: { username, password },
      result: ({ account }) => (account ? { account: seenAccount(account) } : {}),
    });
  }

  /** The login, when it succeeded. */
  async login(way: Way, username: string, password: string): Promise<Login | undefined> {
    const session = this.recorder.nextId();
    const { reply } = await this.recorder.call({
      ...this.with(way),
      call: { op: 'login', username, password, session },
      method: SessionService.method.login,
      request: { username, password, deviceName: session },
      result: ({ account }) => (account ? { account: seenAccount(account) } : {}),
    });
    return reply && { token: reply.token, account: reply.account?.id ?? '', session };
  }

  async logout(way: Way, login: Login) {
    return this.recorder.call({
      ...this.with(way, login),
      call: { op: 'logout', ...as(login) },
      method: SessionService.method.logout,
      request: {},
      result: () => ({}),
    });
  }

  /** `sessionId`: of the server. `ends`: the login that it belongs to. */
  async revoke(way: Way, login: Login, sessionId: string, ends: string) {
    return this.recorder.call({
      ...this.with(way, login),
      call: { op: 'revoke', ends, ...as(login) },
      method: SessionService.method.revokeSession,
      request: { sessionId },
      result: () => ({}),
    });
  }

  async listSessions(way: Way, login: Login) {
    return this.recorder.call({
      ...this.with(way, login),
      call: { op: 'listSessions', ...as(login) },
      method: SessionService.method.listSessions,
      request: {},
      result: ({ sessions }) => ({ sessions: sessions.length }),
    });
  }

  async getAccount(way: Way, login: Login, username: string) {
    return this.recorder.call({
      ...this.with(way, login),
      call: { op: 'getAccount', username, ...as(login) },
      method: AccountService.method.getAccount,
      request: { username },
      result: ({ account }) => (account ? { account: seenAccount(account) } : {}),
    });
  }

  async listAccounts(way: Way, login: Login, pattern: string, size: number, page: PageOf) {
    return this.recorder.call({
      ...this.with(way, login),
      call: { op: 'listAccounts', pattern, page: placeOf(page), ...as(login) },
      method: AccountService.method.listAccounts,
      request: { pattern, pageSize: size, pageToken: page.token },
      result: ({ accounts, nextPageToken }) => ({
        accounts: accounts.map(seenAccount),
        more: nextPageToken !== '',
      }),
    });
  }

  async changePassword(
    way: Way,
    login: Login,
    change: { username: string; oldPassword: string; newPassword: string },
  ) {
    const { oldPassword, newPassword } = change;
    return this.recorder.call({
      ...this.with(way, login),
      call: { op: 'changePassword', ...change, ...as(login) },
      method: AccountService.method.changePassword,
      request: { oldPassword, newPassword },
      result: () => ({}),
    });
  }

  async deleteAccount(way: Way, login: Login, username: string, password: string) {
    return this.recorder.call({
      ...this.with(way, login),
      call: { op: 'deleteAccount', username, password, ...as(login) },
      method: AccountService.method.deleteAccount,
      request: { password },
      result: () => ({}),
    });
  }

  async send(
    way: Way,
    login: Login,
    message: { to: string; text: string; clientMessageId: string; knownSeq?: number | undefined },
  ) {
    const { to, text, clientMessageId, knownSeq } = message;
    const known = knownSeq !== undefined && { knownSeq };
    return this.recorder.call({
      ...this.with(way, login),
      call: { op: 'send', to, text, clientMessageId, ...known, ...as(login) },
      method: MessageService.method.sendMessage,
      request: {
        target: targetOf(to),
        text,
        clientMessageId,
        ...(knownSeq !== undefined && { knownSeq: BigInt(knownSeq) }),
      },
      result: (reply) => (reply.message ? { message: seenMessage(reply.message) } : {}),
    });
  }

  async listMessages(way: Way, login: Login, { to, size, before, after }: ListMessages, page: PageOf) {
    const bounds = { ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
    return this.recorder.call({
      ...this.with(way, login),
      call: { op: 'listMessages', to, size, ...bounds, page: placeOf(page), ...as(login) },
      method: MessageService.method.listMessages,
      request: {
        target: targetOf(to),
        pageSize: size,
        pageToken: page.token,
        ...(before !== undefined && { beforeSeq: BigInt(before) }),
        ...(after !== undefined && { afterSeq: BigInt(after) }),
      },
      result: ({ messages, nextPageToken }) => ({
        messages: messages.map(seenMessage),
        more: nextPageToken !== '',
      }),
    });
  }

  async listUnread(way: Way, login: Login, size: number, page: PageOf) {
    return this.recorder.call({
      ...this.with(way, login),
      call: { op: 'listUnread', size, page: placeOf(page), ...as(login) },
      method: MessageService.method.listUnread,
      request: { pageSize: size, pageToken: page.token },
      result: ({ messages, nextPageToken }) => ({
        messages: messages.map(seenMessage),
        more: nextPageToken !== '',
      }),
    });
  }

  async listConversations(way: Way, login: Login, size: number, page: PageOf) {
    return this.recorder.call({
      ...this.with(way, login),
      call: { op: 'listConversations', size, page: placeOf(page), ...as(login) },
      method: ConversationService.method.listConversations,
      request: { pageSize: size, pageToken: page.token },
      result: ({ conversations, nextPageToken }) => ({
        conversations: conversations.map(seenConversation),
        more: nextPageToken !== '',
      }),
    });
  }

  async markRead(way: Way, login: Login, conversation: string, seq: number) {
    return this.recorder.call({
      ...this.with(way, login),
      call: { op: 'markRead', conversation, seq, ...as(login) },
      method: ConversationService.method.markRead,
      request: { conversationId: conversation, seq: BigInt(seq) },
      result: ({ readSeq }) => ({ readSeq: Number(readSeq) }),
    });
  }

  async deleteMessages(
    way: Way,
    login: Login,
    conversation: string,
    seqs: readonly number[],
    forEveryone: boolean,
  ) {
    return this.recorder.call({
      ...this.with(way, login),
      call: { op: 'deleteMessages', conversation, seqs, forEveryone, ...as(login) },
      method: MessageService.method.deleteMessages,
      request: { conversationId: conversation, seqs: seqs.map(BigInt), forEveryone },
      result: () => ({}),
    });
  }

  async status(way: Way, login: Login) {
    return this.recorder.call({
      ...this.with(way, login),
      call: { op: 'status', ...as(login) },
      method: ClusterService.method.getStatus,
      request: {},
      result: ({ faultsToleratedNow }) => ({ faultsTolerated: faultsToleratedNow }),
    });
  }

  firstPage(): PageOf {
    return { listing: this.recorder.nextId(), number: 0, token: '' };
  }

  private with({ node, deadline }: Way, login?: Login) {
    return { client: this.name, node, deadline, token: login?.token ?? '' };
  }
}

export function nextPage({ listing, number }: PageOf, token: string): PageOf {
  return { listing, number: number + 1, token };
}

function as({ account, session }: Login) {
  return { account, session };
}

function placeOf({ listing, number }: PageOf) {
  return { listing, number };
}

function targetOf(to: string) {
  if (to.startsWith('#')) return { case: 'conversationId' as const, value: to.slice(1) };
  return { case: 'username' as const, value: to };
}
