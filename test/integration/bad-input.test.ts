import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import type { IncomingHttpHeaders } from 'node:http2';
import { gzipSync } from 'node:zlib';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { expect, it } from 'vitest';
import { AccountService } from '../../src/api/holdfast/v1/account_pb.js';
import { connect, join, login, password, refusalOf, withToken } from '../testkit/api-client.js';
import type { ApiClient } from '../testkit/api-client.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const to = (value: string) => ({ case: 'username' as const, value });
const inside = (value: string) => ({ case: 'conversationId' as const, value });

type Refused = [reason: string, call: () => Promise<unknown>];

it('refuses whatever makes no sense, each with its own reason, and goes on', async () => {
  const server = await ServerProcess.start(await temporaryFolder());
  const client = connect(server.address);
  const { accounts, sessions, conversations, messages } = client;
  const [ann, ben, eve] = [await join(client, 'ann'), await join(client, 'ben'), await join(client, 'eve')];
  const send = (fields: object, caller = ann) =>
    messages.sendMessage({ target: to('ben'), text: 'hi', clientMessageId: 'id', ...fields }, caller);
  const { message } = await send({});
  const id = message?.conversationId ?? '';
  const other = await messages.sendMessage({ target: to('eve'), text: 'x', clientMessageId: 'y' }, ann);
  const foreignId = other.message?.conversationId ?? '';
  for (let i = 0; i < 4; i += 1) await send({ clientMessageId: `more-${i}` });
  const page = await messages.listMessages({ target: to('ben'), pageSize: 1 }, ann);
  const token = page.nextPageToken;
  const invalid: Refused[] = [
    ['USERNAME_MISSING', () => accounts.createAccount({ password })],
    ['USERNAME_TOO_LONG', () => accounts.createAccount({ username: 'x'.repeat(33), password })],
    ['USERNAME_INVALID', () => accounts.createAccount({ username: 'müller', password })],
    ['PASSWORD_MISSING', () => accounts.createAccount({ username: 'new' })],
    ['PASSWORD_TOO_SHORT', () => accounts.createAccount({ username: 'new', password: '1234567' })],
    ['PASSWORD_TOO_LONG', () => accounts.createAccount({ username: 'new', password: 'x'.repeat(1_025) })],
    ['USERNAME_MISSING', () => sessions.login({ password })],
    ['DEVICE_NAME_TOO_LONG', () => sessions.login({ username: 'ann', password, deviceName: 'x'.repeat(65) })],
    ['SESSION_ID_MISSING', () => sessions.revokeSession({}, ann)],
    ['SESSION_ID_INVALID', () => sessions.revokeSession({ sessionId: 'x' }, ann)],
    ['USERNAME_INVALID', () => accounts.getAccount({ username: 'a b' }, ann)],
    ['PATTERN_TOO_LONG', () => accounts.listAccounts({ pattern: '*'.repeat(129) }, ann)],
    ['PAGE_SIZE_NEGATIVE', () => accounts.listAccounts({ pageSize: -1 }, ann)],
    ['PAGE_TOKEN_INVALID', () => accounts.listAccounts({ pageToken: 'x' }, ann)],
    ['PAGE_TOKEN_MISMATCH', () => accounts.listAccounts({ pageToken: token }, ann)],
    ['PASSWORD_MISSING', () => accounts.changePassword({ newPassword: 'long enough' }, ann)],
    ['PASSWORD_TOO_SHORT', () => accounts.changePassword({ oldPassword: password, newPassword: 'x' }, ann)],
    ['PASSWORD_MISSING', () => accounts.deleteAccount({}, ann)],
    ['TARGET_MISSING', () => messages.sendMessage({ text: 'hi', clientMessageId: 'n' }, ann)],
    ['USERNAME_MISSING', () => send({ target: to('') })],
    ['CONVERSATION_ID_MISSING', () => send({ target: inside('') })],
    ['TEXT_MISSING', () => send({ text: '' })],
    ['TEXT_TOO_LONG', () => send({ text: 'ä'.repeat(8_193) })],
    ['CLIENT_MESSAGE_ID_MISSING', () => send({ clientMessageId: '' })],
    ['CLIENT_MESSAGE_ID_TOO_LONG', () => send({ clientMessageId: 'x'.repeat(65) })],
    ['CLIENT_MESSAGE_ID_INVALID', () => send({ clientMessageId: 'a b' })],
    ['KNOWN_SEQ_NOT_FOUND', () => send({ clientMessageId: 'new', knownSeq: 99n })],
    ['TARGET_MISSING', () => messages.listMessages({}, ann)],
    [
      'SEQ_RANGE_AMBIGUOUS',
      () => messages.listMessages({ target: to('ben'), beforeSeq: 1n, afterSeq: 1n }, ann),
    ],
    ['PAGE_SIZE_NEGATIVE', () => messages.listMessages({ target: to('ben'), pageSize: -5 }, ann)],
    ['PAGE_TOKEN_MISMATCH', () => messages.listMessages({ target: to('eve'), pageToken: token }, ann)],
    ['PAGE_TOKEN_INVALID', () => messages.listMessages({ target: to('ben'), pageToken: `${token}A` }, ann)],
    ['PAGE_TOKEN_MISMATCH', () => messages.listUnread({ pageToken: token }, ann)],
    ['PAGE_TOKEN_MISMATCH', () => conversations.listConversations({ pageToken: token }, ann)],
    ['PAGE_SIZE_NEGATIVE', () => conversations.listConversations({ pageSize: -1 }, ann)],
    ['CONVERSATION_ID_MISSING', () => messages.deleteMessages({ seqs: [1n] }, ann)],
    ['SEQS_MISSING', () => messages.deleteMessages({ conversationId: id }, ann)],
    [
      'SEQS_TOO_MANY',
      () => messages.deleteMessages({ conversationId: id, seqs: Array.from({ length: 101 }, () => 1n) }, ann),
    ],
    ['CONVERSATION_ID_MISSING', () => conversations.markRead({ seq: 1n }, ann)],
    ['RESUME_TOKEN_INVALID', () => first(client, { resumeToken: 'x' }, ann)],
  ];
  const invalidArguments = invalid.map(([reason, call]): Refused => [`InvalidArgument ${reason}`, call]);
  expect(await differences(invalidArguments)).toEqual([]);
  const refused: Refused[] = [
    ['AlreadyExists USERNAME_TAKEN', () => accounts.createAccount({ username: 'ANN', password })],
    ['Unauthenticated CREDENTIALS_WRONG', () => sessions.login({ username: 'nobody', password })],
    ['Unauthenticated CREDENTIALS_WRONG', () => sessions.login({ username: 'ann', password: 'wrong' })],
    ['NotFound ACCOUNT_NOT_FOUND', () => accounts.getAccount({ username: 'nobody' }, ann)],
    ['NotFound ACCOUNT_NOT_FOUND', () => send({ target: to('nobody') })],
    ['NotFound CONVERSATION_NOT_FOUND', () => send({ target: inside('no such id') })],
    ['NotFound CONVERSATION_NOT_FOUND', () => send({ target: inside(foreignId) }, ben)],
    ['NotFound CONVERSATION_NOT_FOUND', () => messages.listMessages({ target: inside(foreignId) }, ben)],
    [
      'NotFound CONVERSATION_NOT_FOUND',
      () => messages.deleteMessages({ conversationId: foreignId, seqs: [1n] }, ben),
    ],
    ['NotFound CONVERSATION_NOT_FOUND', () => conversations.markRead({ conversationId: id, seq: 1n }, eve)],
    [
      'NotFound MESSAGE_NOT_FOUND',
      () => conversations.markRead({ conversationId: id, seq: 2n ** 64n - 1n }, ann),
    ],
    ['NotFound MESSAGE_NOT_FOUND', () => messages.deleteMessages({ conversationId: id, seqs: [0n] }, ann)],
    [
      'NotFound MESSAGE_NOT_FOUND',
      () => messages.deleteMessages({ conversationId: id, seqs: [1n, 6n] }, ann),
    ],
    [
      'PermissionDenied NOT_THE_SENDER',
      () => messages.deleteMessages({ conversationId: id, seqs: [1n], forEveryone: true }, ben),
    ],
    ['AlreadyExists CLIENT_MESSAGE_ID_REUSED', () => send({ text: 'another text' })],
    ['PermissionDenied PASSWORD_WRONG', () => accounts.deleteAccount({ password: 'wrong' }, ann)],
    [
      'PermissionDenied PASSWORD_WRONG',
      () => accounts.changePassword({ oldPassword: 'wrong', newPassword: 'long enough' }, ann),
    ],
  ];
  expect(await differences(refused)).toEqual([]);
  // Nothing of it has changed anything.
  expect((await messages.listMessages({ target: to('ben') }, ann)).messages).toHaveLength(5);
  expect(
    (await messages.listMessages({ target: to('ben'), pageSize: 2 ** 31 - 1 }, ann)).messages,
  ).toHaveLength(5);
});

it('refuses every method to callers without a live session', async () => {
  const server = await ServerProcess.start(await temporaryFolder());
  const client = connect(server.address);
  const { accounts, sessions, conversations, messages } = client;
  await join(client, 'ann');
  const gone = await join(client, 'gone');
  const { token } = await sessions.login({ username: 'ann', password });
  await sessions.logout({}, withToken(token));
  await accounts.deleteAccount({ password }, gone);
  const callers = [
    ['TOKEN_MISSING', {}],
    ['TOKEN_MALFORMED', { headers: { authorization: 'Basic abc' } }],
    ['TOKEN_MALFORMED', withToken('hf1_short')],
    ['SESSION_ENDED', withToken(`hf1_${'A'.repeat(65)}`)],
    ['SESSION_ENDED', withToken(token)],
    ['SESSION_ENDED', gone],
  ] as const;
  for (const [reason, caller] of callers) {
    const calls = [
      () => accounts.getAccount({}, caller),
      () => accounts.listAccounts({}, caller),
      () => accounts.changePassword({}, caller),
      () => accounts.deleteAccount({}, caller),
      () => sessions.logout({}, caller),
      () => sessions.listSessions({}, caller),
      () => sessions.revokeSession({}, caller),
      () => conversations.listConversations({}, caller),
      () => conversations.markRead({}, caller),
      () => messages.sendMessage({}, caller),
      () => messages.listMessages({}, caller),
      () => messages.listUnread({}, caller),
      () => messages.deleteMessages({}, caller),
      () => first(client, {}, caller),
    ];
    for (const call of calls) expect(await refusalOf(call())).toBe(`Unauthenticated ${reason}`);
  }
  await join(client, 'gone');
  expect((await sessions.listSessions({}, await login(client, 'gone'))).sessions).toHaveLength(2);
});

it('answers bytes that are no request with a reason', async () => {
  const server = await ServerProcess.start(await temporaryFolder());
  const raw = new Client(server.address, credentials.createInsecure());
  const call = async (path: string, bytes: Buffer) =>
    new Promise<string>((resolve) => {
      const pass = (value: Buffer) => value;
      raw.makeUnaryRequest(path, pass, pass, bytes, new Metadata(), (error) => {
        const [details] = error?.metadata.get('grpc-status-details-bin') ?? [];
        resolve(`${error?.code ?? 0} ${/[A-Z]+(_[A-Z]+)+/.exec(details?.toString() ?? '')?.[0] ?? ''}`);
      });
    });
  const method = '/holdfast.v1.AccountService/CreateAccount';
  expect(await call(method, Buffer.from([0x0a, 0x02, 0xff, 0xfe]))).toBe('3 REQUEST_TEXT_MALFORMED');
  expect(await call(method, Buffer.from([0x0a, 0x7f, 0x01]))).toBe('3 REQUEST_MALFORMED');
  expect(await call(method, Buffer.alloc(1_100_000, 1))).toBe('8 REQUEST_TOO_LARGE');
  expect(await call(method, Buffer.alloc(5 * 1_024 * 1_024, 1))).toBe('8 REQUEST_TOO_LARGE');
  expect(await call('/holdfast.v1.AccountService/Nothing', Buffer.alloc(0))).toBe('12 METHOD_UNKNOWN');
  expect(await call('/nobody.knows/This', Buffer.alloc(0))).toBe('12 METHOD_UNKNOWN');
  raw.close();
  const frame = (bytes: Buffer) => envelope(bytes, 1);
  const http2 = async (headers: object, body: Buffer) => post2(server.address, method, headers, body);
  expect(await http2({ 'grpc-encoding': 'gzip' }, frame(Buffer.from('no gzip')))).toBe('3 REQUEST_MALFORMED');
  const bomb = gzipSync(Buffer.alloc(20 * 1_024 * 1_024));
  expect(await http2({ 'grpc-encoding': 'gzip' }, frame(bomb))).toBe('8 REQUEST_TOO_LARGE');
  expect(await http2({ 'grpc-encoding': 'br' }, frame(bomb))).toBe('12 REQUEST_COMPRESSION_UNKNOWN');
  expect(await http2({ 'grpc-timeout': 'soon' }, Buffer.alloc(0))).toBe('3 REQUEST_MALFORMED');
  const whole = envelope(Buffer.alloc(50));
  for (const body of [
    Buffer.alloc(0),
    whole.subarray(0, 2),
    whole.subarray(0, 30),
    Buffer.concat([whole, whole]),
  ]) {
    expect(await http2({}, body)).toBe('3 REQUEST_MALFORMED');
  }
  await join(connect(server.address), 'still-works');
});

it('answers bytes that are no request with a reason, on the web port too', async () => {
  const server = await ServerProcess.start(await temporaryFolder());
  const create = '/holdfast.v1.AccountService/CreateAccount';
  const subscribe = '/holdfast.v1.MessageService/Subscribe';
  const badText = Buffer.from([0x0a, 0x02, 0xff, 0xfe]);
  const cutOff = Buffer.from([0x0a, 0x7f, 0x01]);
  const bomb = gzipSync(Buffer.alloc(20 * 1_024 * 1_024, ' '));
  const named = Buffer.from('{"username": "a b", "password": "12345678"}');
  const asked: [reason: string, path: string, type: string, body: Buffer | string, headers?: object][] = [
    ['REQUEST_MALFORMED', create, 'json', '{"username": 5}'],
    ['REQUEST_MALFORMED', create, 'json', 'not json'],
    ['REQUEST_MALFORMED', create, 'json', ''],
    ['REQUEST_MALFORMED', create, 'json', '{}', { 'connect-timeout-ms': 'soon' }],
    ['REQUEST_TEXT_MALFORMED', create, 'json', Buffer.from('{"username": "caf\xe9"}', 'latin1')],
    ['USERNAME_INVALID', create, 'json; charset=utf-8', named],
    ['USERNAME_INVALID', create, 'json', gzipSync(named), { 'content-encoding': 'gzip' }],
    ['REQUEST_MALFORMED', create, 'json', named, { 'content-encoding': 'gzip' }],
    ['REQUEST_COMPRESSION_UNKNOWN', create, 'json', named, { 'content-encoding': 'br' }],
    ['REQUEST_TOO_LARGE', create, 'json', bomb, { 'content-encoding': 'gzip' }],
    ['REQUEST_TOO_LARGE', create, 'json', Buffer.alloc(2_000_000, ' ')],
    ['REQUEST_MALFORMED', create, 'proto', cutOff],
    ['REQUEST_TEXT_MALFORMED', create, 'proto', badText],
    ['REQUEST_MALFORMED', create, 'grpc-web+proto', envelope(cutOff)],
    ['REQUEST_TEXT_MALFORMED', create, 'grpc-web+proto', envelope(badText)],
    ['REQUEST_MALFORMED', create, 'grpc-web+proto', ''],
    ['REQUEST_MALFORMED', create, 'grpc-web', Buffer.concat([envelope(badText), envelope(badText)])],
    ['REQUEST_COMPRESSION_UNKNOWN', create, 'grpc-web', envelope(badText, 1), { 'grpc-encoding': 'br' }],
    ['REQUEST_MALFORMED', create, 'grpc-web', envelope(badText), { 'grpc-timeout': 'soon' }],
    ['REQUEST_MALFORMED', subscribe, 'connect+json', envelope(Buffer.from('xx'))],
    ['REQUEST_TEXT_MALFORMED', subscribe, 'connect+json', envelope(Buffer.from('"\xe9"', 'latin1'))],
    ['REQUEST_MALFORMED', subscribe, 'connect+json', Buffer.from([0, 0])],
    ['REQUEST_TOO_LARGE', subscribe, 'connect+json', Buffer.from([0, 255, 255, 255, 255, 1])],
    ['TOKEN_MISSING', subscribe, 'connect+json', envelope(Buffer.from('{}'))],
    ['METHOD_UNKNOWN', '/holdfast.v1.AccountService/Nothing', 'json', '{}'],
    ['METHOD_UNKNOWN', '/nobody.knows/This', 'json', '{}'],
  ];
  const answers = [];
  for (const [, path, type, body, headers] of asked) {
    answers.push(await reasonOnWeb(`${server.webAddress}${path}`, body, `application/${type}`, headers));
  }
  expect(answers).toEqual(asked.map(([reason]) => reason));
  expect(await statusForHost(`${server.webAddress}${create}`, '[')).toBe(400);
  const client = createClient(
    AccountService,
    createConnectTransport({ baseUrl: server.webAddress, httpVersion: '1.1' }),
  );
  expect((await client.createAccount({ username: 'still-works', password })).account?.username).toBe(
    'still-works',
  );
});

/** What each call answered that did not answer what was expected. */
async function differences(calls: readonly Refused[]): Promise<string[]> {
  const found = [];
  for (const [expected, call] of calls) {
    const actual = await refusalOf(call());
    if (actual !== expected) found.push(`${expected}: ${actual}`);
  }
  return found;
}

async function first(client: ApiClient, fields: object, caller: object): Promise<unknown> {
  return client.messages.subscribe(fields, caller)[Symbol.asyncIterator]().next();
}

/** The status and the reason of a call made of bare HTTP/2. */
async function post2(address: string, path: string, headers: object, body: Buffer): Promise<string> {
  const session = connectHttp2(`http://${address}`);
  try {
    return await new Promise<string>((resolve, reject) => {
      session.on('error', reject);
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      });
      stream.on('error', reject);
      const read = (answer: IncomingHttpHeaders) => {
        if (answer['grpc-status'] === undefined) return;
        const details = Buffer.from(String(answer['grpc-status-details-bin']), 'base64').toString('latin1');
        resolve(`${String(answer['grpc-status'])} ${/[A-Z]+(_[A-Z]+)+/.exec(details)?.[0] ?? ''}`);
      };
      stream.on('response', read);
      stream.on('trailers', read);
      stream.resume();
      stream.end(body);
    });
  } finally {
    session.destroy();
  }
}

function envelope(message: Buffer, flags = 0): Buffer {
  const head = Buffer.from([flags, 0, 0, 0, 0]);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Of an answer in any of the web port's protocols: each has it in another place, and two of them in base64. */
/** Of a call that names another host than it is sent to. */
async function statusForHost(url: string, host: string): Promise<number | undefined> {
  const call = request(url, { method: 'POST', headers: { host, 'content-type': 'application/json' } });
  call.end('{}');
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

async function reasonOnWeb(url: string, body: Buffer | string, type: string, headers = {}): Promise<string> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body: new Uint8Array(Buffer.from(body)),
  });
  const text = await answer.text();
  const coded = /"value": ?"([^"]+)"|grpc-status-details-bin: (\S+)/.exec(text);
  const details = Buffer.from(coded?.[1] ?? coded?.[2] ?? '', 'base64').toString('latin1');
  return /[A-Z]+(_[A-Z]+)+/.exec(details)?.[0] ?? `none: ${answer.status} ${text}`;
}
