import { Code, ConnectError, createRouterTransport } from '@connectrpc/connect';
import { expect, it, onTestFinished } from 'vitest';
import { ErrorInfoSchema } from '../../../src/api/google/rpc/error_details_pb.js';
import { AccountService } from '../../../src/api/holdfast/v1/account_pb.js';
import { ClusterService } from '../../../src/api/holdfast/v1/cluster_pb.js';
import { ConversationService } from '../../../src/api/holdfast/v1/conversation_pb.js';
import { MessageService } from '../../../src/api/holdfast/v1/message_pb.js';
import { SessionService } from '../../../src/api/holdfast/v1/session_pb.js';
import { ChatClient } from '../../../src/client/chat-client.js';
import type { SavedSession } from '../../../src/client/types.js';
import { eventually } from '../../../test/testkit/deadline.js';
import { App } from './app.js';
import type { AppParts } from './app.js';
import { PageOutbox } from './page-outbox.js';
import { localStore } from './page-storage.js';
import { PageSessionStore } from './session-store.js';
import type { SessionStore } from './session-store.js';
import { UnnamedNodes } from './unnamed-nodes.js';

function refusal(code: Code, reason: string): ConnectError {
  return new ConnectError(reason, code, undefined, [
    { desc: ErrorInfoSchema, value: { reason, domain: 'holdfast' } },
  ]);
}

const over = refusal(Code.Unauthenticated, 'SESSION_ENDED');

/** One server, whose sessions end when the test says so. */
class Server {
  logins = 0;
  /** Before a session is ended. */
  loggingOut: () => void | Promise<void> = () => undefined;
  /** Before an account is deleted. */
  deleting: () => void | Promise<void> = () => undefined;
  private readonly enders = new Set<() => void>();

  /** Every session that is open now. */
  end(): void {
    for (const ender of this.enders) ender();
  }

  readonly createTransport = () =>
    createRouterTransport(({ service }) => {
      service(AccountService, {
        deleteAccount: async () => {
          await this.deleting();
          return {};
        },
      });
      service(SessionService, {
        login: ({ username }) => {
          this.logins += 1;
          const account = { id: `id of ${username}`, username };
          return { token: `token ${this.logins}`, account, webServers: ['a'] };
        },
        logout: async () => {
          await this.loggingOut();
          return {};
        },
        listSessions: () => ({}),
      });
      service(ConversationService, { listConversations: () => ({}) });
      service(MessageService, { subscribe: () => this.stream() });
      service(ClusterService, { getStatus: () => ({}) });
    });

  private async *stream() {
    const ended = new Promise<void>((resolve) => this.enders.add(resolve));
    yield { event: { case: 'heartbeat' as const, value: {} }, resumeToken: 't' };
    await ended;
    throw over;
  }
}

/** Tabs that hear each other, as those of one browser. */
class Tabs {
  private readonly listeners: ((event: MessageEvent) => void)[] = [];

  /** One of them. */
  readonly add = (): AppParts['tabs'] => {
    const own: ((event: MessageEvent) => void)[] = [];
    return {
      postMessage: (data: unknown) => {
        const others = this.listeners.filter((listener) => !own.includes(listener));
        for (const listener of others) listener(new MessageEvent('message', { data }));
      },
      addEventListener: (_: string, listener: unknown) => {
        own.push(listener as (event: MessageEvent) => void);
        this.listeners.push(listener as (event: MessageEvent) => void);
      },
    };
  };
}

/** A tab's page; tabs that are given the same store belong to one browser, and hear nothing of each other unless told. */
function open(server: Server, store: SessionStore = new PageSessionStore(), tabs = new Tabs().add()) {
  const { createTransport } = server;
  const app = new App({
    createClient: (servers, onServers) =>
      ChatClient.create({ servers, createTransport, addresses: 'web', onServers }),
    nodes: new UnnamedNodes({
      origin: 'a',
      loaded: Promise.resolve(undefined),
      now: () => Promise.resolve(undefined),
    }),
    origin: 'a',
    store: Promise.resolve(store),
    outbox: () => Promise.resolve(new PageOutbox(undefined)),
    tabs,
    localStore,
    deviceName: 'test',
  });
  const connected = () =>
    eventually('it is connected', () => {
      const state = app.getSnapshot();
      return state.kind === 'open' && state.open.model.getSnapshot().connection.state === 'connected';
    });
  onTestFinished(async () => {
    const state = app.getSnapshot();
    if (state.kind === 'open') await app.logOut();
  });
  return { app, connected };
}

const ann = { username: 'ann', password: 'correct horse' };
const kind = (app: App) => app.getSnapshot().kind;

it('says that what the browser keeps can not be read, and goes on when it can', async () => {
  const store = new PageSessionStore();
  const load = store.load.bind(store);
  store.load = () => Promise.reject(new Error('the disk is broken'));
  const { app } = open(new Server(), store);
  await app.start();
  expect(app.getSnapshot()).toMatchObject({ kind: 'broken' });
  expect(JSON.stringify(app.getSnapshot())).toContain('the disk is broken');
  store.load = load;
  await app.reopen();
  expect(app.getSnapshot()).toEqual({ kind: 'welcome', notice: '', username: '' });
});

it('ends with the session, and says so', async () => {
  const server = new Server();
  const store = new PageSessionStore();
  const { app, connected } = open(server, store);
  await app.start();
  await app.logIn(ann);
  await connected();
  server.end();
  await eventually('it has ended', () => kind(app) === 'welcome');
  const notice = 'Your session was ended. What you had not sent is kept: log in to go on.';
  expect(app.getSnapshot()).toEqual({ kind: 'welcome', notice, username: 'ann' });
  expect(await store.load()).toBeUndefined();
});

it('leaves the later login of another tab alone when its own session ends', async () => {
  const server = new Server();
  const store = new PageSessionStore();
  const { app, connected } = open(server, store);
  await app.logIn(ann);
  await connected();
  const later: SavedSession = {
    username: 'ann',
    accountId: 'id of ann',
    token: 'of another tab',
    servers: ['a'],
  };
  await store.save(later);
  server.end();
  await eventually('it has ended', () => kind(app) === 'welcome');
  expect(await store.load()).toEqual(later);
});

it('follows the logging in and out of other tabs', async () => {
  const server = new Server();
  const store = new PageSessionStore();
  const [here, there] = [open(server, store), open(server, store)];
  await there.app.logIn(ann);
  await here.app.start();
  await here.connected();
  const { app } = here;
  const before = app.getSnapshot();
  await app.start();
  expect(app.getSnapshot()).toBe(before);
  await there.app.logOut();
  await app.start();
  const notice = 'You were logged out in another tab.';
  expect(app.getSnapshot()).toEqual({ kind: 'welcome', notice, username: '' });
});

it('tells of a logout as such in every tab, though the session ends before the answer', async () => {
  const server = new Server();
  const store = new PageSessionStore();
  const { add } = new Tabs();
  const [here, there] = [open(server, store, add()), open(server, store, add())];
  await here.app.logIn(ann);
  await there.app.start();
  await Promise.all([here.connected(), there.connected()]);
  server.loggingOut = async () => {
    const state = here.app.getSnapshot();
    server.end();
    await eventually('both know', () => {
      const knows = state.kind === 'open' && state.open.session.ended !== undefined;
      return knows && kind(there.app) === 'welcome';
    });
  };
  await here.app.logOut();
  const [notice, elsewhere] = ['You are logged out.', 'You were logged out in another tab.'];
  expect(here.app.getSnapshot()).toEqual({ kind: 'welcome', notice, username: 'ann' });
  expect(there.app.getSnapshot()).toMatchObject({ kind: 'welcome', notice: elsewhere });
});

it('tells of a deleted account as such, though its session ends before the answer', async () => {
  const server = new Server();
  const { app, connected } = open(server);
  await app.logIn(ann);
  await connected();
  server.deleting = async () => {
    const state = app.getSnapshot();
    server.end();
    await eventually('the page knows', () => state.kind === 'open' && state.open.session.ended !== undefined);
  };
  await app.deleteAccount(ann.password);
  const notice = 'The account ann is deleted.';
  expect(app.getSnapshot()).toEqual({ kind: 'welcome', notice, username: '' });
});

it('ends with a session that ended while the account could not be deleted', async () => {
  const server = new Server();
  const { app, connected } = open(server);
  await app.logIn(ann);
  await connected();
  const state = app.getSnapshot();
  server.deleting = () => {
    throw refusal(Code.PermissionDenied, 'PASSWORD_WRONG');
  };
  await expect(app.deleteAccount('a wrong one')).rejects.toThrow();
  expect(app.getSnapshot()).toBe(state);
  server.deleting = () => {
    throw over;
  };
  await expect(app.deleteAccount(ann.password)).rejects.toThrow();
  await eventually('it has ended', () => kind(app) === 'welcome');
});
