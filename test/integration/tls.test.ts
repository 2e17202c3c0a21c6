import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { constants, connect as connectHttp2 } from 'node:http2';
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';
import { get } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { connect as connectTcp, createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { createServer, connect as connectTls } from 'node:tls';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { AccountService } from '../../src/api/holdfast/v1/account_pb.js';
import { MessageService } from '../../src/api/holdfast/v1/message_pb.js';
import { ClientError } from '../../src/client/client-error.js';
import { CallLimits } from '../../src/server/call-limits.js';
import { CallLog } from '../../src/server/call-log.js';
import { CallMemory } from '../../src/server/call-memory.js';
import { Certificates } from '../../src/server/certificates.js';
import { defaultLimits } from '../../src/server/limits-config.js';
import { unary } from '../../src/server/route.js';
import type { CallBase } from '../../src/server/route.js';
import { WebFiles } from '../../src/server/web-files.js';
import { WebServer } from '../../src/server/web-server.js';
import { connect, join, login, password } from '../testkit/api-client.js';
import {
  makeAnother,
  makeCertificate,
  readCertificate,
  replaceCertificate,
} from '../testkit/certificates.js';
import type { TestCertificate } from '../testkit/certificates.js';
import { clientOf } from '../testkit/chat-user.js';
import { CommandLine } from '../testkit/command-line.js';
import { eventually } from '../testkit/deadline.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const day = 86_400_000;
const mebibyte = 1_024 * 1_024;

async function startServer(tls: TestCertificate): Promise<ServerProcess> {
  return ServerProcess.start(await temporaryFolder(), { config: { host: '127.0.0.1', tls } });
}

function openHttp2(url: string, ca: Buffer): ClientHttp2Session {
  const session = connectHttp2(url, { ca });
  onTestFinished(() => session.destroy());
  session.on('error', () => undefined);
  return session;
}

async function askHttp2(session: ClientHttp2Session, headers: object): Promise<IncomingHttpHeaders> {
  const stream = session.request({ ...headers }, { endStream: true });
  stream.resume();
  const [answer] = (await once(stream, 'response')) as [IncomingHttpHeaders];
  return answer;
}

async function askHttp1(url: string, ca: Buffer): Promise<IncomingMessage> {
  const request = get(url, { ca, agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  return response;
}

/** Of what listens at HOST:PORT, as a new connection sees it. */
async function fingerprintOf(address: string, ca: Buffer): Promise<string> {
  const { hostname, port } = new URL(`tcp://${address}`);
  const socket = connectTls({ host: hostname, port: Number(port), ca, ALPNProtocols: ['h2'] });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'secureConnect');
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

it('speaks gRPC, and HTTPS over HTTP/2 and HTTP/1.1, and nothing in plain text', async () => {
  const files = await makeCertificate();
  const { ca } = await readCertificate(files);
  const server = await startServer(files);
  const { address, webAddress } = server;
  expect(webAddress).toMatch(/^https:/);

  const caller = await join(connect(address, ca), 'ann');
  const { servers, webServers } = await connect(address, ca).sessions.login({ username: 'ann', password });
  expect([servers, webServers]).toEqual([[address], [webAddress]]);

  const session = openHttp2(webAddress, ca);
  const page = await askHttp2(session, { ':path': '/' });
  expect(session.alpnProtocol).toBe('h2');
  expect(page[':status']).toBe(200);
  expect(page['content-security-policy']).toContain(`connect-src 'self' ${webAddress};`);
  const preflight = await askHttp2(session, {
    ':method': 'OPTIONS',
    ':path': '/holdfast.v1.SessionService/Login',
    origin: 'https://node2.example',
  });
  expect(preflight[':status']).toBe(204);
  expect(preflight['access-control-allow-origin']).toBe('*');
  const old = await askHttp1(`${webAddress}/readyz`, ca);
  expect([old.httpVersion, old.statusCode]).toEqual(['1.1', 200]);

  for (const httpVersion of ['1.1', '2'] as const) {
    const transport = createConnectTransport({ baseUrl: webAddress, httpVersion, nodeOptions: { ca } });
    const { account } = await createClient(AccountService, transport).getAccount({ username: 'ANN' }, caller);
    expect(account?.username).toBe('ann');
    const stop = new AbortController();
    const events = createClient(MessageService, transport).subscribe({}, { ...caller, signal: stop.signal });
    for await (const { event } of events) {
      expect(event.case).toBeDefined();
      break;
    }
    stop.abort();
  }

  for (const [url, line] of [
    [webAddress.replace('https', 'http'), 'this port speaks HTTPS: begin the address with https://\n'],
    [`http://${address}`, 'this port speaks gRPC, and only with TLS\n'],
  ] as const) {
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([400, line]);
  }
  await expect(clientOf([address], 0).as('token').listSessions()).rejects.toMatchObject({
    reason: 'TLS_FAILED',
    message: `${address} speaks TLS only: name it as https://${address}`,
  });

  // The command line is told once how to speak to the server.
  const shell = new CommandLine(await temporaryFolder(), '');
  const named = ['--server', `https://${address}`, '--ca', files.ca];
  expect(await shell.run([...named, 'login', 'ann'], password)).toMatchObject({ status: 0 });
  expect((await shell.run(['status'])).out).toContain(webAddress);

  // Idle connections of HTTP/2 are told to go, and don't keep the server from ending.
  const goaway = once(session, 'goaway');
  const [status, [code]] = (await Promise.all([server.stop(), goaway])) as [number, [number]];
  expect([status, code]).toEqual([0, constants.NGHTTP2_NO_ERROR]);
});

it('ends a connection of plain HTTP once it is answered, also of a client that keeps it open', async () => {
  const server = await startServer(await makeCertificate());
  for (const address of [server.address, new URL(server.webAddress).host]) {
    const { hostname, port } = new URL(`tcp://${address}`);
    const socket = connectTcp({ host: hostname, port: Number(port), allowHalfOpen: true });
    onTestFinished(() => void socket.destroy());
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
    let answer = '';
    socket.on('data', (chunk) => (answer += String(chunk)));
    await once(socket, 'end');
    expect(answer).toContain('HTTP/1.1 400 Bad Request\r\n');
    let refused = false;
    socket.on('error', () => (refused = true));
    await eventually('nobody is there any more', () => {
      if (!refused) socket.write('x');
      return refused;
    });
  }
});

/** The web port alone, with HTTP/2, 4 MiB for calls and little patience. */
async function startWeb() {
  const files = await makeCertificate();
  const { ca } = await readCertificate(files);
  const logger = pino({ level: 'silent' });
  const certificates = await Certificates.open({ ...files, ca: undefined }, logger);
  const memory = new CallMemory(4 * mebibyte);
  const limits = new CallLimits(defaultLimits, Date.now, memory);
  const base = { limits, addresses: { servers: [], webServers: [] } } as unknown as CallBase;
  const route = unary(AccountService.method.getAccount, 'read', () => Promise.resolve({}));
  const page = await WebFiles.load();
  const web = new WebServer([route], page, base, new CallLog(logger), logger, undefined, certificates, 1_000);
  onTestFinished(async () => {
    certificates.close();
    await web.close(0);
  });
  return { url: `https://127.0.0.1:${await web.listen('127.0.0.1', 0)}`, ca, limits, memory };
}

it('bounds the calls of a connection over HTTP/2, and closes one on which nothing moves', async () => {
  const { url, ca, limits } = await startWeb();
  const session = openHttp2(url, ca);
  const [settings] = (await once(session, 'remoteSettings')) as [{ maxConcurrentStreams?: number }];
  expect(settings.maxConcurrentStreams).toBe(250);
  expect(limits.open.connections).toBe(1);
  await eventually('it is closed', () => session.closed);
  await eventually('it no longer counts', () => limits.open.connections === 0);
});

it('cuts off a connection over HTTP/2 that keeps too much in memory', async () => {
  const { url, ca, memory } = await startWeb();
  const session = openHttp2(url, ca);
  for (let i = 0; i < 8; i += 1) {
    const stream = session.request({
      ':method': 'POST',
      ':path': '/holdfast.v1.AccountService/GetAccount',
      'content-type': 'application/proto',
    });
    stream.on('error', () => undefined);
    stream.write(Buffer.alloc(mebibyte - 1));
  }
  await eventually('it is cut off', () => memory.cutOff === 1);
  await eventually('it has ended', () => session.closed);
  await eventually('nothing is held any more', () => memory.bytes === 0);
  const next = openHttp2(url, ca);
  expect(await askHttp2(next, { ':path': '/healthz' })).toMatchObject({ ':status': 200 });
});

it('takes another certificate when its files change and on SIGHUP, under open streams; what is broken leaves the old one', async () => {
  const files = await makeCertificate();
  const { ca, cert } = await readCertificate(files);
  const server = await startServer(files);
  const { address, webAddress } = server;
  const web = webAddress.replace('https://', '');
  const seen = async () => Promise.all([fingerprintOf(address, ca), fingerprintOf(web, ca)]);
  const print = (pem: Buffer) => new X509Certificate(pem).fingerprint256;
  const told = (text: string) => eventually(`the log says: ${text}`, () => server.log.includes(text));
  expect(await seen()).toEqual([print(cert), print(cert)]);

  const client = connect(address, ca);
  const ann = await join(client, 'ann');
  const transport = createConnectTransport({ baseUrl: webAddress, httpVersion: '2', nodeOptions: { ca } });
  const texts: string[][] = [[], []];
  const stop = new AbortController();
  const begun = new Set<number>();
  const watching = [client.messages, createClient(MessageService, transport)].map(async (messages, at) => {
    for await (const { event } of messages.subscribe({}, { ...ann, signal: stop.signal })) {
      begun.add(at);
      if (event.case === 'message') texts[at]?.push(event.value.text);
    }
  });
  const ends = Promise.allSettled(watching);
  const send = async (text: string) => {
    await client.messages.sendMessage(
      { target: { case: 'username', value: 'ann' }, text, clientMessageId: text },
      ann,
    );
    const last = () => texts.every((received) => received.at(-1) === text);
    await eventually(`both streams have ${text}`, last);
  };
  await eventually('both streams have begun', () => begun.size === 2);
  await send('before');

  const next = await makeAnother(files, 'next.test');
  await copyFile(next.cert, files.cert);
  await copyFile(next.key, files.key);
  const nextPrint = print(await readFile(next.cert));
  await eventually('new connections see the new certificate', async () =>
    (await seen()).every((one) => one === nextPrint),
  );
  await send('renewed');

  await writeFile(files.cert, 'garbage');
  await told('the new certificate can not be used');
  expect(await seen()).toEqual([nextPrint, nextPrint]);
  await copyFile(next.cert, files.cert);

  server.signal('SIGHUP');
  await told('the certificate was read again and is the same');
  expect(await seen()).toEqual([nextPrint, nextPrint]);
  await send('after');
  expect(texts).toEqual(Array(2).fill(['before', 'renewed', 'after']));
  stop.abort();
  await ends;
  await login(client, 'ann');
});

it.each([
  [
    'has expired',
    { from: new Date(Date.now() - 10 * day), days: 5 },
    'localhost',
    'The certificate of SERVER has expired.',
  ],
  [
    'is not valid yet',
    { from: new Date(Date.now() + 10 * day), days: 5 },
    'localhost',
    'The certificate of SERVER is not valid yet: one of the two clocks is wrong.',
  ],
  [
    'is of another name',
    { from: new Date(), days: 5 },
    'other.test',
    'The certificate of SERVER is for other names.',
  ],
])('says of a certificate that it %s', async (_case, lifetime, name, sentence) => {
  const files = await makeCertificate();
  await replaceCertificate(files, [name], lifetime);
  const { ca, cert, key } = await readCertificate(files);
  const server = await listen(
    createServer({ cert, key, ALPNProtocols: ['h2'] }, (socket) => socket.destroy()),
  );
  expect(await failureOf(server, ca)).toEqual(sentence.replace('SERVER', server));
});

it('says that an authority is unknown, and that a server does not speak TLS', async () => {
  const files = await makeCertificate();
  const { cert, key } = await readCertificate(files);
  const { ca } = await readCertificate(await makeCertificate());
  const server = await listen(createServer({ cert, key, ALPNProtocols: ['h2'] }));
  expect(await failureOf(server, ca)).toBe(
    `The certificate of ${server} is of an authority that is not trusted here: --ca FILE names one to trust.`,
  );
  const plain = await listen(createTcpServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
  expect(await failureOf(plain, ca)).toBe(
    `${plain} does not speak TLS: http://${plain} speaks to it in plain text.`,
  );
});

async function listen(server: Server): Promise<string> {
  server.listen(0, 'localhost');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `localhost:${(server.address() as AddressInfo).port}`;
}

/** What a client says that trusts this authority. */
async function failureOf(server: string, ca: Buffer): Promise<string> {
  const call = clientOf([server], 0, ca).as('token').listSessions();
  return call.then(
    () => 'no failure',
    (error: unknown) => {
      if (!(error instanceof ClientError)) throw error;
      return error.reason === 'TLS_FAILED' ? error.message : `${error.reason} ${error.message}`;
    },
  );
}
