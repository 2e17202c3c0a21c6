import { connect as connectHttp2, constants } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { gzipSync } from 'node:zlib';
import { createClient } from '@connectrpc/connect';
import { Http2SessionManager, createGrpcTransport } from '@connectrpc/connect-node';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { AccountService } from '../../src/api/holdfast/v1/account_pb.js';
import { CallLimits } from '../../src/server/call-limits.js';
import { CallLog } from '../../src/server/call-log.js';
import { CallMemory } from '../../src/server/call-memory.js';
import { GrpcServer } from '../../src/server/grpc-server.js';
import { defaultLimits } from '../../src/server/limits-config.js';
import { unary } from '../../src/server/route.js';
import type { CallBase } from '../../src/server/route.js';
import { WebFiles } from '../../src/server/web-files.js';
import { WebServer } from '../../src/server/web-server.js';
import { eventually } from '../testkit/deadline.js';

const mebibyte = 1_024 * 1_024;
const limit = 8 * mebibyte;
const method = '/holdfast.v1.AccountService/GetAccount';
const reflection = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';

/** Both ports, with little memory for calls and answers of a mebibyte. */
async function start() {
  const memory = new CallMemory(limit);
  const limits = new CallLimits(defaultLimits, Date.now, memory);
  const base = { limits, addresses: { servers: [], webServers: [] } } as unknown as CallBase;
  const seen = { calls: 0 };
  const route = unary(AccountService.method.getAccount, 'read', () => {
    seen.calls += 1;
    return Promise.resolve({ account: { username: 'x'.repeat(mebibyte) } });
  });
  const logger = pino({ level: 'silent' });
  const grpc = new GrpcServer([route], base, new CallLog(logger));
  const web = new WebServer([route], await WebFiles.load(), base, new CallLog(logger), logger);
  onTestFinished(async () => {
    await Promise.all([grpc.close(0), web.close(0)]);
  });
  const address = `http://127.0.0.1:${await grpc.listen('127.0.0.1', 0)}`;
  const webPort = await web.listen('127.0.0.1', 0);
  const sessionManager = new Http2SessionManager(address);
  onTestFinished(() => sessionManager.abort());
  const client = createClient(AccountService, createGrpcTransport({ baseUrl: address, sessionManager }));
  // A caller who reads is served, before and after.
  const serve = async () => {
    const { account } = await client.getAccount({ username: 'ann' });
    expect(account?.username).toHaveLength(mebibyte);
  };
  await serve();
  return { address, webPort, memory, seen, serve };
}

/** A caller of gRPC who reads nothing. */
async function connectGrpc(address: string): Promise<ClientHttp2Session> {
  const session = connectHttp2(address, { settings: { initialWindowSize: 0 } });
  session.on('error', () => undefined);
  onTestFinished(() => session.destroy());
  await new Promise((resolve) => session.once('remoteSettings', resolve));
  return session;
}

function begin(session: ClientHttp2Session, path = method, headers: object = {}): ClientHttp2Stream {
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  return stream.on('error', () => undefined);
}

function envelope(bytes: Uint8Array, { flags = 0, length = bytes.length } = {}): Buffer {
  const head = Buffer.alloc(5, flags);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, bytes]);
}

it.each([
  [
    'requests that are never complete',
    (session: ClientHttp2Session) => {
      const part = envelope(Buffer.alloc(mebibyte), { length: 2 * mebibyte });
      for (let i = 0; i < 12; i += 1) begin(session).write(part);
    },
  ],
  [
    'requests that say nothing',
    (session: ClientHttp2Session) => {
      begin(session).write(envelope(Buffer.alloc(mebibyte), { length: 2 * mebibyte }));
      for (let i = 0; i < 999; i += 1) begin(session);
    },
  ],
  [
    'requests that are small until they are decompressed',
    (session: ClientHttp2Session) => {
      const bomb = envelope(gzipSync(Buffer.alloc(mebibyte - 10)), { flags: 1 });
      for (let i = 0; i < 12; i += 1) begin(session, method, { 'grpc-encoding': 'gzip' }).write(bomb);
    },
  ],
  [
    'answers that are not read',
    (session: ClientHttp2Session) => {
      for (let i = 0; i < 12; i += 1) begin(session).end(envelope(Buffer.alloc(0)));
    },
  ],
])('cuts off who keeps too much in memory: %s', async (_, act) => {
  const { address, memory, serve } = await start();
  const session = await connectGrpc(address);
  act(session);
  await eventually('its connection is cut off', () => session.closed || session.destroyed);
  expect(memory.cutOff).toBe(1);
  await serve();
  await eventually('nothing is held any more', () => memory.bytes === 0);
});

it('ends a stream of reflection whose caller asks on and does not read', async () => {
  const { address, serve } = await start();
  const stream = begin(await connectGrpc(address), reflection);
  // file_containing_symbol
  const symbol = Buffer.from('holdfast.v1.AccountService');
  const question = envelope(Buffer.concat([Buffer.from([0x22, symbol.length]), symbol]));
  for (let i = 0; i < 500; i += 1) stream.write(question);
  await eventually('it has ended', () => stream.closed);
  expect(stream.rstCode).toBe(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  await serve();
});

it('cuts off on the web port, too', async () => {
  const { webPort, memory, serve } = await start();
  const sockets = Array.from({ length: 12 }, () => {
    const socket = connectTcp(webPort, '127.0.0.1');
    socket.resume();
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    socket.write(
      `POST ${method} HTTP/1.1\r\nhost: x\r\ncontent-type: application/proto\r\ncontent-length: ${mebibyte}\r\n\r\n`,
    );
    socket.write(Buffer.alloc(mebibyte - 1));
    return socket;
  });
  await eventually('some are cut off', () => memory.cutOff > 0);
  await eventually('their connections have ended', () => sockets.some(({ closed }) => closed));
  await serve();
  for (const socket of sockets) socket.destroy();
  await eventually('nothing is held any more', () => memory.bytes === 0);
});
