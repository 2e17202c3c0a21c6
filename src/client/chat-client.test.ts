import { Code } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/testkit/fake-clock.js';
import { lost, plainRandom, refusal, transports } from '../../test/testkit/scripted-servers.js';
import type { ScriptedServer } from '../../test/testkit/scripted-servers.js';
import { ChatClient } from './chat-client.js';

function clientOf(servers: ScriptedServer[], addresses: 'grpc' | 'web' = 'grpc') {
  const clock = new FakeClock();
  const told: (readonly string[])[] = [];
  const { names, createTransport } = transports(servers);
  const client = ChatClient.create({
    servers: names,
    createTransport,
    addresses,
    clock,
    random: plainRandom(),
    onServers: (known) => told.push(known),
  });
  return { clock, client, told };
}

const person = { username: 'Ann', password: 'correct horse', deviceName: 'test' };

/** Accounts that exist, by name and password, on any number of servers. */
class Accounts {
  readonly passwords = new Map<string, string>();
  logins = 0;

  /** `fail`: what happens after the account is made. */
  server(fail: () => unknown = () => undefined): ScriptedServer {
    return {
      accounts: {
        createAccount: ({ username, password }) => {
          if (this.passwords.has(username)) throw refusal(Code.AlreadyExists, 'USERNAME_TAKEN');
          this.passwords.set(username, password);
          fail();
          return { account: { id: 'id', username } };
        },
      },
      sessions: {
        listSessions: () => {
          throw refusal(Code.Unauthenticated, 'TOKEN_MISSING');
        },
        login: ({ username, password }) => {
          this.logins += 1;
          if (this.passwords.get(username) !== password) {
            throw refusal(Code.Unauthenticated, 'CREDENTIALS_WRONG');
          }
          const servers = ['b', 'c:1'];
          return { token: 'token', account: { id: 'id', username }, servers, webServers: ['http://d'] };
        },
      },
    };
  }
}

describe('signing up', () => {
  it('is done once when the answer is lost', async () => {
    const accounts = new Accounts();
    const { clock, client } = clientOf([accounts.server(lost), accounts.server()]);
    const { saved, account } = await clock.run(client.signUp(person));
    expect(saved).toEqual({ username: 'Ann', accountId: 'id', token: 'token', servers: ['b', 'a', 'c:1'] });
    expect(account).toEqual({ id: 'id', username: 'Ann', createTime: 0 });
    expect([accounts.passwords.size, accounts.logins]).toEqual([1, 1]);
  });

  it('says that the name is taken when somebody else was faster than a lost call', async () => {
    const accounts = new Accounts();
    const server = accounts.server();
    const first: ScriptedServer = {
      ...server,
      accounts: {
        createAccount: () => {
          accounts.passwords.set('Ann', 'of somebody else');
          return lost();
        },
      },
    };
    const { clock, client } = clientOf([first, server]);
    await expect(clock.run(client.signUp(person))).rejects.toMatchObject({ reason: 'USERNAME_TAKEN' });
    expect(accounts.logins).toBe(1);
  });

  it('does not try the password on a name that was taken before', async () => {
    const accounts = new Accounts();
    accounts.passwords.set('Ann', 'correct horse');
    const { clock, client } = clientOf([accounts.server()]);
    await expect(clock.run(client.signUp(person))).rejects.toMatchObject({ reason: 'USERNAME_TAKEN' });
    expect(accounts.logins).toBe(0);
  });
});

describe('logging in', () => {
  it.each([
    ['grpc', ['a', 'b', 'c:1']],
    ['web', ['a', 'http://d']],
  ] as const)('learns the other servers: %s', async (addresses, known) => {
    const accounts = new Accounts();
    accounts.passwords.set('Ann', 'correct horse');
    const { clock, client, told } = clientOf([accounts.server()], addresses);
    const { saved } = await clock.run(client.logIn(person));
    expect([saved.servers, told, client.servers]).toEqual([known, [known], known]);
  });

  it('tells a wrong password as a refusal, not as the end of a session', async () => {
    const { clock, client } = clientOf([new Accounts().server()]);
    await expect(clock.run(client.logIn(person))).rejects.toMatchObject({
      reason: 'CREDENTIALS_WRONG',
      sessionOver: false,
      final: true,
    });
  });
});

describe('the status', () => {
  it.each([
    ['grpc', ['a', 'b:1']],
    ['web', ['a', 'http://b']],
  ] as const)('tells of further servers: %s', async (addresses, known) => {
    const nodes = [{ serverAddress: 'a' }, { serverAddress: 'b:1', webAddress: 'http://b' }];
    const { clock, client, told } = clientOf([{ cluster: { getStatus: () => ({ nodes }) } }], addresses);
    await clock.run(client.as('token').status());
    expect([client.servers, told]).toEqual([known, [known]]);
  });
});

describe('logging out', () => {
  it('is done when the session has ended before', async () => {
    const ended = () => {
      throw refusal(Code.Unauthenticated, 'SESSION_ENDED');
    };
    const { clock, client } = clientOf([{ sessions: { logout: ended } }]);
    await clock.run(client.as('token').logOut());
  });
});

describe('messages', () => {
  it('carry the token, the id of the conversation where it is known, and the number', async () => {
    const seen: unknown[] = [];
    const server: ScriptedServer = {
      messages: {
        sendMessage: ({ target, clientMessageId, knownSeq }, { requestHeader }) => {
          seen.push([target, clientMessageId, knownSeq, requestHeader.get('authorization')]);
          return { message: { seq: 8n, createTime: { seconds: 2n, nanos: 5_000_000 } } };
        },
      },
    };
    const { clock, client } = clientOf([server]);
    const message = { text: 'hi', clientMessageId: 'id' };
    const ann = client.as('secret');
    const sent = await clock.run(ann.sendMessage({ ...message, target: { username: 'ben' }, knownSeq: 0 }));
    await clock.run(ann.sendMessage({ ...message, target: { conversationId: 'c', username: 'ben' } }));
    expect(seen).toEqual([
      [{ case: 'username', value: 'ben' }, 'id', 0n, 'Bearer secret'],
      [{ case: 'conversationId', value: 'c' }, 'id', undefined, 'Bearer secret'],
    ]);
    expect(sent).toMatchObject({ seq: 8, createTime: 2_005, deleted: false });
  });

  it('are found by their conversation before one is sent', async () => {
    const server: ScriptedServer = {
      messages: {
        listMessages: ({ target, pageSize }) =>
          target.value === 'ben' && pageSize === 1 ? { messages: [{ conversationId: 'c', seq: 5n }] } : {},
      },
    };
    const { clock, client } = clientOf([server]);
    const sender = client.as('token').sender(1_000);
    const { signal } = new AbortController();
    expect(await clock.run(sender.find({ username: 'ben' }, signal))).toMatchObject({
      conversationId: 'c',
      seq: 5,
    });
    expect(await clock.run(sender.find({ username: 'cat' }, signal))).toBeUndefined();
  });
});
