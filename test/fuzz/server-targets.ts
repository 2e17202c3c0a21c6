import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2, constants } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { connect as connectTcp, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { routes } from '../../src/server/routes.js';
import { connect, join, login } from '../testkit/api-client.js';
import { eventually } from '../testkit/deadline.js';
import { startServer } from '../testkit/running-server.js';
import { requestOf } from './bytes-targets.js';
import { mutate } from './mutator.js';
import { noLimits } from '../testkit/no-limits.js';
import type { Random } from './mutator.js';
import type { Target } from './target.js';

/** Milliseconds that an answer is waited for where there may be none. */
const patience = 200;
/** The same for bytes that may be no request at all: the server does not close for them. */
const shortPatience = 25;
const limits = { ...noLimits, slow_reader_seconds: 1 };

/** What ends the session, or the account, that the other cases need. */
const ending = new Set(['Logout', 'RevokeSession', 'DeleteAccount', 'ChangePassword']);
const methods = routes.map(({ method }) => {
  const [binary = Buffer.alloc(0), json = Buffer.alloc(0)] = requestOf(method.input);
  const path = `/${method.parent.typeName}/${method.name}`;
  return { path, binary, json, ending: ending.has(method.name) };
});

function envelope(bytes: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** A real server, and what arrives at its ports. */
export async function serverTargets(): Promise<{ targets: Target[]; verify: () => Promise<void> }> {
  const { address, webAddress } = await startServer({ limits });
  const client = connect(address);
  await join(client, 'ann');
  const ann = await login(client, 'ann');
  const { authorization } = ann.headers;
  const port = Number(new URL(`http://${address}`).port);
  const webPort = Number(new URL(webAddress).port);

  /** It serves, and has met nothing that it did not expect. */
  const verify = async () => {
    await client.sessions.listSessions({}, ann);
    const page = await (await fetch(`${webAddress}/metrics`)).text();
    const failures = page.split('\n').filter((line) => /^holdfast_calls_total.*status="INTERNAL"/.test(line));
    if (failures.length > 0) throw new Error(`the server has failed: ${failures.join(' ')}`);
  };
  const grpc = await recorded((target) => callGrpc(target, authorization));
  const http = Buffer.from(
    `POST ${methods[0]?.path ?? ''} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Forwarded-For: 10.0.0.1\r\nContent-Length: 2\r\n\r\n{}`,
  );
  const page = Buffer.from(
    'GET /metrics?x=%20 HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br, gzip\r\nIf-None-Match: "x"\r\n\r\n',
  );
  let session: ClientHttp2Session | undefined;
  onTestFinished(() => session?.destroy());
  const open = () => {
    if (!session || session.destroyed || session.closed) {
      session = connectHttp2(`http://${address}`);
      session.on('error', () => undefined);
    }
    return session;
  };
  const checked = (name: string, every: number, run: (random: Random) => Promise<unknown>): Target => {
    let count = 0;
    return {
      name,
      run: async (random) => {
        await run(random);
        if ((count += 1) % every === 0) await verify();
      },
    };
  };
  const targets = [
    checked('bytes to the gRPC port', 20, async (random) => send(port, mutate(random, [grpc]))),
    checked('bytes to the web port', 20, async (random) => send(webPort, mutate(random, [http, page, grpc]))),
    checked('gRPC frames', 100, async (random) => {
      const method = random.pick(methods);
      const corpus = [envelope(method.binary), envelope(random.pick(methods).binary)];
      const body = mutate(random, random.below(2) === 0 ? corpus : corpus.slice(0, 1));
      const headers = {
        'content-type': random.pick([
          'application/grpc',
          'application/grpc+proto',
          'application/grpc-web',
          'text/x',
        ]),
        'grpc-encoding': random.pick(['identity', 'gzip', 'deflate', 'x']),
        'grpc-timeout': random.pick(['1S', '5m', 'x', '-1S', '99999999H']),
        ...(method.ending ? {} : { authorization }),
      };
      await callGrpcWith(open(), method.path, headers, body);
    }),
    checked('Connect bodies', 100, async (random) => {
      const method = random.pick(methods);
      const kinds = [
        ['application/json', method.json],
        ['application/proto', method.binary],
        ['application/connect+json', envelope(method.json)],
        ['application/connect+proto', envelope(method.binary)],
        ['application/grpc-web+proto', envelope(method.binary)],
      ] as const;
      const [type, bytes] = random.pick(kinds);
      const headers = {
        'content-type': type,
        'connect-protocol-version': random.pick(['1', '1', '2']),
        'connect-timeout-ms': random.pick(['1000', 'x', '-1', '99999999999']),
        'content-encoding': random.pick(['identity', 'identity', 'gzip', 'x']),
        ...(method.ending ? {} : { authorization }),
      };
      const status = await callWeb(webPort, method.path, headers, mutate(random, [bytes]));
      if (status >= 500 && status !== 501 && status !== 503 && status !== 504) {
        throw new Error(`${method.path} as ${type}: ${status}`);
      }
    }),
  ];
  return { targets, verify };
}

/** What a client sends first. */
async function recorded(call: (target: string) => ClientHttp2Session): Promise<Buffer> {
  let bytes = Buffer.alloc(0);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => (bytes = Buffer.concat([bytes, chunk])));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const session = call(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await eventually('the call was recorded', () => bytes.includes('END OF THE CALL'));
  session.destroy();
  server.close();
  return bytes;
}

function callGrpc(target: string, authorization: string): ClientHttp2Session {
  const session = connectHttp2(target);
  session.on('error', () => undefined);
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: '/holdfast.v1.SessionService/ListSessions',
    'content-type': 'application/grpc',
    te: 'trailers',
    authorization,
  });
  stream.on('error', () => undefined);
  // An unknown field, so that there is a body.
  const text = Buffer.from('END OF THE CALL');
  stream.end(envelope(Buffer.concat([Buffer.from([0xfa, 0x3f, text.length]), text])));
  return session;
}

/** Sends bytes, and waits until the server closes or has nothing to say. */
async function send(port: number, bytes: Buffer): Promise<void> {
  const socket = connectTcp(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  socket.end(bytes);
  await Promise.race([once(socket, 'close'), pause(shortPatience)]);
  socket.destroy();
}

async function callGrpcWith(
  session: ClientHttp2Session,
  path: string,
  headers: object,
  body: Buffer,
): Promise<void> {
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: 'POST',
    [constants.HTTP2_HEADER_PATH]: path,
    te: 'trailers',
    ...headers,
  });
  stream.on('error', () => undefined);
  stream.resume();
  stream.end(body);
  // A subscription goes on until somebody ends it.
  await Promise.race([new Promise((resolve) => stream.once('close', resolve)), pause(patience)]);
  stream.close();
}

async function callWeb(port: number, path: string, headers: object, body: Buffer): Promise<number> {
  const request = httpRequest({ port, host: '127.0.0.1', path, method: 'POST', headers: { ...headers } });
  const answered = new Promise<number>((resolve) => {
    request.on('error', () => resolve(0));
    request.on('response', (response: IncomingMessage) => {
      response.on('error', () => undefined).resume();
      response.on('close', () => resolve(response.statusCode ?? 0));
      setTimeout(() => resolve(response.statusCode ?? 0), patience).unref();
    });
  });
  request.end(body);
  const status = await answered;
  request.destroy();
  return status;
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
