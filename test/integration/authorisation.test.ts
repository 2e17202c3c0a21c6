import { readdirSync } from 'node:fs';
import { createClient } from '@connectrpc/connect';
import type { CallOptions, Transport } from '@connectrpc/connect';
import { Http2SessionManager, createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node';
import type { DescMethod, DescService } from '@bufbuild/protobuf';
import { pino } from 'pino';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { UsageLimits } from '../../src/server/usage-limits.js';
import { CallLog } from '../../src/server/call-log.js';
import { GrpcServer } from '../../src/server/grpc-server.js';
import { defaultLimits } from '../../src/server/limits-config.js';
import { routes } from '../../src/server/routes.js';
import { WebFiles } from '../../src/server/web-files.js';
import { WebServer } from '../../src/server/web-server.js';
import { requireValidUtf8 } from '../../src/server/strict-utf8.js';
import { password, refusalOf } from '../testkit/api-client.js';
import { startChat } from '../testkit/test-chat.js';

const secret = 'what the nodes share';
const day = 24 * 60 * 60 * 1_000;
const said = 'only between ann and ben';

/** Who may call. `former`: has the name, but not the account, of one who was in the conversation. */
type Who =
  'nobody' | 'malformed' | 'expired' | 'revoked' | 'deleted' | 'node' | 'former' | 'other' | 'member';

type World = {
  readonly authorization: Readonly<Record<Who, string | undefined>>;
  /** Of ann's: with one who has gone, and with one who is there. */
  readonly conversations: { readonly closed: string; readonly open: string };
  readonly annsSession: string;
  readonly transports: Readonly<Record<'grpc' | 'web', Transport>>;
  /** All that ann has. */
  readonly annsView: () => Promise<unknown>;
};

const noToken = {
  nobody: 'Unauthenticated TOKEN_MISSING',
  malformed: 'Unauthenticated TOKEN_MALFORMED',
  expired: 'Unauthenticated SESSION_EXPIRED',
  revoked: 'Unauthenticated SESSION_ENDED',
  deleted: 'Unauthenticated SESSION_ENDED',
  // It opens nothing but what is between nodes.
  node: 'Unauthenticated TOKEN_MALFORMED',
};
/** Who may come last: what they do is done. */
const callers = [...(Object.keys(noToken) as Who[]), 'former', 'other', 'member'] as const;
const everybody = Object.fromEntries(callers.map((who) => [who, 'OK'])) as Record<Who, string>;
/** What is the caller's own, or everyone's. */
const loggedIn: Record<Who, string> = { ...noToken, former: 'OK', other: 'OK', member: 'OK' };
/** What belongs to the conversation's members. */
const members: Record<Who, string> = {
  ...loggedIn,
  former: 'NotFound CONVERSATION_NOT_FOUND',
  other: 'NotFound CONVERSATION_NOT_FOUND',
};
const malformed = 'Unauthenticated TOKEN_MALFORMED';
const nodes = {
  ...(Object.fromEntries(callers.map((who) => [who, malformed])) as Record<Who, string>),
  node: 'OK',
};

type Rule = {
  readonly may: Record<Who, string>;
  readonly request?: (world: World, conversationId: string) => object;
  /** Whoever may do it can't call again after it. */
  readonly once?: true;
};

const inside = (value: string) => ({ case: 'conversationId' as const, value });
let made = 0;

/** Every method, and who may call it. One that is missing here fails the test. */
const rules: Record<string, Rule> = {
  'holdfast.v1.AccountService.CreateAccount': {
    may: everybody,
    request: () => ({ username: `new${(made += 1)}`, password }),
  },
  'holdfast.v1.SessionService.Login': { may: everybody, request: () => ({ username: 'ann', password }) },
  'holdfast.v1.SessionService.Logout': { may: loggedIn, once: true },
  'holdfast.v1.SessionService.ListSessions': { may: loggedIn },
  'holdfast.v1.SessionService.RevokeSession': {
    may: loggedIn,
    request: ({ annsSession }) => ({ sessionId: annsSession }),
    once: true,
  },
  'holdfast.v1.AccountService.GetAccount': { may: loggedIn, request: () => ({ username: 'ann' }) },
  'holdfast.v1.AccountService.ListAccounts': { may: loggedIn },
  'holdfast.v1.AccountService.ChangePassword': {
    may: loggedIn,
    request: () => ({ oldPassword: password, newPassword: 'another one' }),
    once: true,
  },
  'holdfast.v1.AccountService.DeleteAccount': {
    may: loggedIn,
    request: () => ({ password }),
    once: true,
  },
  'holdfast.v1.ConversationService.ListConversations': { may: loggedIn },
  'holdfast.v1.ConversationService.MarkRead': {
    may: members,
    request: (_, conversationId) => ({ conversationId, seq: 1n }),
  },
  'holdfast.v1.MessageService.SendMessage': {
    may: members,
    request: (_, id) => ({ target: inside(id), text: 'mine', clientMessageId: 'new' }),
  },
  'holdfast.v1.MessageService.ListMessages': {
    may: members,
    request: (_, id) => ({ target: inside(id) }),
  },
  'holdfast.v1.MessageService.ListUnread': { may: loggedIn },
  'holdfast.v1.MessageService.DeleteMessages': {
    may: members,
    request: (_, conversationId) => ({ conversationId, seqs: [1n], forEveryone: true }),
  },
  'holdfast.v1.MessageService.Subscribe': {
    may: loggedIn,
    request: (_, conversationId) => ({ cursors: { [conversationId]: 0n } }),
  },
  'holdfast.v1.ClusterService.GetStatus': { may: loggedIn },
  'holdfast.internal.v1.NodeService.GetNode': { may: nodes },
};

/** All services that the API's definition has, in whichever file. */
const services: DescService[] = [];

beforeAll(async () => {
  requireValidUtf8();
  const api = new URL('../../src/api/holdfast/', import.meta.url);
  for (const name of readdirSync(api, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('_pb.ts')) continue;
    const file = (await import(new URL(name, api).href)) as Record<string, { kind?: string }>;
    for (const one of Object.values(file)) if (one.kind === 'service') services.push(one as DescService);
  }
});

async function createWorld(): Promise<World> {
  const { chat, clock } = await startChat();
  const login = async (username: string) => {
    const { token } = await chat.sessions.login({ username, password, deviceName: '' });
    return { token, caller: await chat.sessions.authenticate(token) };
  };
  for (const username of ['ann', 'ben', 'cat', 'eve', 'late', 'old'])
    await chat.accounts.create({ username, password });
  // Of an account that does not log in again, as that would clear it away.
  const expired = await login('late');
  clock.now += 91 * day;
  const [ann, second] = [await login('ann'), await login('ann')];
  const [ben, eve, old] = [await login('ben'), await login('eve'), await login('old')];
  await chat.sessions.logout(second.caller);
  const say = async (username: string) => {
    const target = { username };
    const request = { target, text: said, clientMessageId: username, knownSeq: undefined };
    return (await chat.messages.send(ann.caller, request)).conversationId;
  };
  const closed = await say('ben');
  await chat.accounts.delete(old.caller, { password });
  await chat.accounts.delete(ben.caller, { password });
  await chat.accounts.create({ username: 'ben', password });
  const former = await login('ben');
  const open = await say('cat');

  const base = {
    chat,
    cluster: {
      status: () =>
        Promise.resolve({ nodeId: 'node1', nodes: [], faultsToleratedNow: 0, faultsToleratedMax: 0 }),
      node: () => Promise.resolve({ id: 'node1' }),
      quotaBytes: 0,
      leaderChanges: 0,
      secret,
    },
    addresses: { servers: [], webServers: [] },
    limits: new UsageLimits(defaultLimits, Date.now),
  };
  const logger = pino({ level: 'silent' });
  const grpc = new GrpcServer(routes, base, new CallLog(logger));
  const web = new WebServer(routes, await WebFiles.load(), base, new CallLog(logger), logger);
  onTestFinished(async () => {
    await Promise.all([grpc.close(0), web.close(0)]);
  });
  const baseUrl = `http://127.0.0.1:${await grpc.listen('127.0.0.1', 0)}`;
  const webUrl = `http://127.0.0.1:${await web.listen('127.0.0.1', 0)}`;
  const sessionManager = new Http2SessionManager(baseUrl);
  onTestFinished(() => sessionManager.abort());
  const all = { pageSize: 0, pageToken: '' };
  return {
    authorization: {
      nobody: undefined,
      malformed: 'Bearer something',
      expired: `Bearer ${expired.token}`,
      revoked: `Bearer ${second.token}`,
      deleted: `Bearer ${old.token}`,
      node: `Bearer ${secret}`,
      former: `Bearer ${former.token}`,
      other: `Bearer ${eve.token}`,
      member: `Bearer ${ann.token}`,
    },
    conversations: { closed, open },
    annsSession: ann.caller.sessionId,
    transports: {
      grpc: createGrpcTransport({ baseUrl, sessionManager }),
      web: createConnectTransport({ baseUrl: webUrl, httpVersion: '1.1' }),
    },
    annsView: async () => [
      await chat.accounts.get('ann'),
      (await chat.sessions.list(ann.caller)).filter(({ current }) => current),
      await chat.conversations.list(ann.caller, all),
      await chat.messages.list(ann.caller, {
        ...all,
        target: { conversationId: open },
        beforeSeq: undefined,
        afterSeq: undefined,
      }),
    ],
  };
}

type AnyCall = (request: object, options: CallOptions) => Promise<unknown> & AsyncIterable<unknown>;

/** What a call answers; of a stream, what it has caught up with. */
async function call(method: DescMethod, transport: Transport, request: object, who: string | undefined) {
  const client = createClient(method.parent, transport) as unknown as Record<string, AnyCall>;
  const stop = new AbortController();
  const options = { headers: who === undefined ? {} : { authorization: who }, signal: stop.signal };
  const calling = client[method.localName]?.(request, options);
  if (method.methodKind === 'unary') return calling;
  const events: unknown[] = [];
  let heartbeats = 0;
  for await (const event of calling ?? []) {
    events.push(event);
    if ((event as { event: { case: string } }).event.case === 'heartbeat') heartbeats += 1;
    if (heartbeats === 2) break;
  }
  stop.abort();
  return events;
}

function toText(value: unknown): string {
  return JSON.stringify([value], (_, one: unknown) => (typeof one === 'bigint' ? Number(one) : one));
}

it('lists every method of the API', () => {
  const methods = services.flatMap(({ methods }) => methods);
  const names = methods.map(({ parent, name }) => `${parent.typeName}.${name}`);
  expect(names.length).toBeGreaterThan(15);
  expect(Object.keys(rules).sort()).toEqual(names.sort());
});

it.each(['grpc', 'web'] as const)('lets nobody do over %s but what they may', async (protocol) => {
  const methods = services.flatMap((service) => service.methods);
  let world = await createWorld();
  for (const method of methods) {
    const name = `${method.parent.typeName}.${method.name}`;
    const { may, request, once = false } = rules[name] ?? { may: everybody };
    const before = await world.annsView();
    for (const who of callers) {
      const target = world.conversations[who === 'former' ? 'closed' : 'open'];
      let answer: unknown;
      const calling = call(
        method,
        world.transports[protocol],
        request?.(world, target) ?? {},
        world.authorization[who],
      ).then((given) => (answer = given));
      const outcome = (await refusalOf(calling)).replace('not refused', 'OK');
      expect([name, who, outcome]).toEqual([name, who, may[who]]);
      if (who === 'member') continue;
      for (const hidden of [said, world.annsSession]) expect(toText(answer)).not.toContain(hidden);
      expect(await world.annsView()).toEqual(before);
    }
    if (once) world = await createWorld();
  }
});
