import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { ErrorInfoSchema, RetryInfoSchema } from '../../src/api/google/rpc/error_details_pb.js';
import { AccountService } from '../../src/api/holdfast/v1/account_pb.js';
import { SessionService } from '../../src/api/holdfast/v1/session_pb.js';
import { connect, join, login, password, refusalOf } from '../testkit/api-client.js';
import { ChatUser, signUp } from '../testkit/chat-user.js';
import { eventually } from '../testkit/deadline.js';
import { noLimits } from '../testkit/no-limits.js';
import { startServer } from '../testkit/running-server.js';

/** Status and reason of a refused call, and whether it says after how long to try again. */
async function advised(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'not refused';
  } catch (error) {
    const { code } = error as ConnectError;
    const [info] = (error as ConnectError).findDetails(ErrorInfoSchema);
    const [retry] = (error as ConnectError).findDetails(RetryInfoSchema);
    const { seconds = 0n, nanos = 0 } = retry?.retryDelay ?? {};
    const after = Number(seconds) * 1_000 + nanos / 1e6;
    return `${Code[code]} ${info?.reason}${after > 0 ? ', later' : ''}`;
  }
}

/** Clients on the web port, behind a proxy that says for whom it speaks. */
function through(webAddress: string, forwarded: string) {
  const transport = createConnectTransport({
    baseUrl: webAddress,
    httpVersion: '1.1',
    interceptors: [
      (next) => (request) => {
        request.header.set('x-forwarded-for', forwarded);
        return next(request);
      },
    ],
  });
  return {
    accounts: createClient(AccountService, transport),
    sessions: createClient(SessionService, transport),
  };
}

it('limits calls and sends of each session, and goes on after the delay', async () => {
  const limits = { ...noLimits, calls: { burst: 8, per_minute: 60 }, sends: { burst: 3, per_minute: 60 } };
  const { address } = await startServer({ limits });
  const client = connect(address);
  const ann = await join(client, 'ann');
  const send = (id: number) =>
    client.messages.sendMessage(
      { target: { case: 'username', value: 'ann' }, text: 'hi', clientMessageId: String(id) },
      ann,
    );
  for (let i = 0; i < 3; i += 1) await send(i);
  expect(await advised(send(3))).toBe('ResourceExhausted SENDS_TOO_MANY, later');
  for (let i = 0; i < 4; i += 1) await client.sessions.listSessions({}, ann);
  expect(await advised(client.sessions.listSessions({}, ann))).toBe(
    'ResourceExhausted CALLS_TOO_MANY, later',
  );
  // Another session of the same account has its own.
  const other = await login(client, 'ann');
  await client.sessions.listSessions({}, other);
  // The client library waits as it is told: a second for each.
  await eventually('it is let through again', async () =>
    client.sessions.listSessions({}, ann).then(
      () => true,
      () => false,
    ),
  );
});

it('limits what all sessions of an account send together, in bytes', async () => {
  const { address } = await startServer({
    limits: { ...noLimits, sent_bytes: { burst: 100, per_minute: 60 } },
  });
  const client = connect(address);
  const ann = await join(client, 'ann');
  const ben = await join(client, 'ben');
  // Two bytes each.
  const text = 'é'.repeat(30);
  const send = (caller: object, clientMessageId: string) => {
    const target = { case: 'username' as const, value: 'ann' };
    return client.messages.sendMessage({ target, text, clientMessageId }, caller);
  };
  await send(ann, '1');
  await send(ann, '2');
  expect(await advised(send(ann, '3'))).toBe('ResourceExhausted SENDS_TOO_MANY, later');
  expect(await advised(send(await login(client, 'ann'), '4'))).toBe(
    'ResourceExhausted SENDS_TOO_MANY, later',
  );
  await send(ben, '5');
});

it('bears with a limit: the client library sends everything, once and in order', async () => {
  const limits = { ...noLimits, sends: { burst: 2, per_minute: 600 } };
  const { address } = await startServer({ limits });
  const ben = await ChatUser.start(await signUp([address], 'ben'));
  await ben.watch();
  const ann = await ChatUser.start(await signUp([address], 'ann'));
  const texts = Array.from({ length: 12 }, (_, i) => `message ${i}`);
  for (const text of texts) await ann.say('ben', text);
  await ann.allSent();
  await eventually('ben has all', () => ben.texts().length >= texts.length);
  expect(ben.texts()).toEqual(texts);
});

it('limits failed logins and new accounts of one address, not those of another one', async () => {
  const limits = {
    ...noLimits,
    failed_logins: { burst: 3, per_minute: 1 },
    account_creations: { burst: 2, per_minute: 1 },
  };
  const { webAddress } = await startServer({ limits, trusted_proxies: ['127.0.0.0/8'] });
  const here = through(webAddress, '203.0.113.9');
  const there = through(webAddress, '198.51.100.1');
  await here.accounts.createAccount({ username: 'ann', password });
  await here.accounts.createAccount({ username: 'ben', password });
  const third = { username: 'cat', password };
  expect(await advised(here.accounts.createAccount(third))).toBe(
    'ResourceExhausted ACCOUNTS_TOO_MANY, later',
  );
  await there.accounts.createAccount(third);
  for (const username of ['ann', 'ben', 'nobody']) {
    const guess = here.sessions.login({ username, password: 'a guess' });
    expect(await refusalOf(guess)).toBe('Unauthenticated CREDENTIALS_WRONG');
  }
  const right = { username: 'ann', password };
  // Another address of the same subscriber's is no way around.
  const written = through(webAddress, '6.6.6.6, 203.0.113.9');
  for (const one of [here, written]) {
    expect(await advised(one.sessions.login(right))).toBe('ResourceExhausted LOGINS_TOO_MANY, later');
  }
  await there.sessions.login(right);
  // Who has not come through a proxy of ours has no say in where from.
  for (let i = 0; i < 5; i += 1) {
    const guess = there.sessions.login({ username: 'cat', password: 'a guess' });
    expect(await advised(guess)).toMatch(i < 3 ? 'CREDENTIALS_WRONG' : 'LOGINS_TOO_MANY, later');
  }
});

it('delays who guesses the password of one account, and says for how long', async () => {
  const { address } = await startServer({ limits: noLimits });
  const client = connect(address);
  await join(client, 'ann');
  const guess = () => client.sessions.login({ username: 'Ann', password: 'a guess' });
  for (let i = 0; i < 5; i += 1) expect(await advised(guess())).toBe('Unauthenticated CREDENTIALS_WRONG');
  expect(await advised(guess())).toBe('ResourceExhausted LOGIN_DELAYED, later');
});

it('limits open subscriptions of a session and of the server', async () => {
  const { address } = await startServer({ limits: { ...noLimits, session_streams: 2, streams: 3 } });
  const client = connect(address);
  const ann = await join(client, 'ann');
  const ben = await join(client, 'ben');
  const open = async (who: typeof ann) => {
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const events = client.messages.subscribe({}, { ...who, signal: stop.signal })[Symbol.asyncIterator]();
    await events.next();
    return stop;
  };
  const first = await open(ann);
  await open(ann);
  expect(await advised(open(ann))).toBe('ResourceExhausted STREAMS_TOO_MANY, later');
  await open(ben);
  expect(await advised(open(ben))).toBe('ResourceExhausted SUBSCRIPTIONS_TOO_MANY, later');
  first.abort();
  await eventually('one that has ended makes room', async () =>
    open(ben).then(
      () => true,
      () => false,
    ),
  );
});

it('closes connections that are too many, and takes others when some have ended', async () => {
  const { address, webAddress } = await startServer({ limits: { ...noLimits, address_connections: 3 } });
  const ports = [new URL(`http://${address}`).port, new URL(webAddress).port].map(Number);
  const open = async (port: number) => {
    const socket = connectTcp(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  const [grpc = 0, web = 0] = ports;
  const held = [await open(grpc), await open(web), await open(grpc)];
  for (const port of ports) {
    const refused = await open(port);
    refused.on('error', () => undefined);
    await once(refused.resume(), 'close');
  }
  held[0]?.destroy();
  await eventually(
    'there is room again',
    async () => (await fetch(`${webAddress}/healthz`).catch(() => undefined))?.ok ?? false,
  );
});

it('refuses headers that are too long on both ports, and goes on', async () => {
  const { address, webAddress } = await startServer({ limits: noLimits });
  const long = { 'x-long': 'x'.repeat(1_000_000) };
  const path = `${webAddress}/holdfast.v1.SessionService/ListSessions`;
  // A client that still sends may find the connection closed before it reads the answer.
  const status = await fetch(path, { method: 'POST', headers: long }).then(
    (answer) => answer.status,
    () => 431,
  );
  expect(status).toBe(431);
  const session = connectHttp2(`http://${address}`, { maxSendHeaderBlockLength: 10_000_000 });
  onTestFinished(() => session.destroy());
  session.on('error', () => undefined);
  const stream = session.request({ ':method': 'POST', ':path': '/', ...long });
  stream.on('error', () => undefined);
  await new Promise((resolve) => stream.once('close', resolve));
  expect(stream.rstCode).not.toBe(0);
  await join(connect(address), 'ann');
});
