import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { constants } from 'node:http2';
import type { Http2SecureServer, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Message } from '@bufbuild/protobuf';
import { createConnectRouter, createContextKey, createContextValues } from '@connectrpc/connect';
import type { ConnectRouter, HandlerContext } from '@connectrpc/connect';
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from '@connectrpc/connect-node';
import type { UniversalHandler } from '@connectrpc/connect/protocol';
import { errorToJsonBytes } from '@connectrpc/connect/protocol-connect';
import type { Logger } from 'pino';
import { ChatError } from '../chat/chat-error.js';
import type { Reason } from '../chat/chat-error.js';
import type { CallLog } from './call-log.js';
import type { CallHold, Connection } from './call-memory.js';
import type { Certificates } from './certificates.js';
import { ClientAddresses, networkOf } from './client-address.js';
import { answerPreflight, shareWithEveryOrigin } from './cross-origin.js';
import { maxRequestBytes } from './parse-request.js';
import { Refusal } from './refusal.js';
import { Call } from './route.js';
import type { CallBase, Route } from './route.js';
import { untilSlow } from './slow-reader.js';
import { TcpPort } from './tcp-port.js';
import { createHttpsServer } from './tls-server.js';
import type { WebFiles } from './web-files.js';
import { WebPage, securityHeaders } from './web-page.js';
import { explainable } from './web-request.js';

/**
 * Milliseconds after which a connection on which nothing moves is closed: longer than a subscriber waits for a heartbeat.
 * One whose client has vanished would stay for ever.
 */
const longestSilence = 120_000;
/** /PACKAGE.SERVICE/METHOD */
const methodPath = /^\/\w+(\.\w+)+\/\w+$/;

const callerAddress = createContextKey('');
/** Aborts when the caller does not read. */
const slowReader = createContextKey(new AbortController().signal);

/** The API over Connect and gRPC-Web, the page, health and metrics. */
export class WebServer {
  private readonly server: Server | Http2SecureServer;
  /** Those of HTTP/2, which has to be told that it takes no more requests. */
  private readonly sessions = new Set<ServerHttp2Session>();
  private readonly port: TcpPort;
  private readonly methods: ReadonlyMap<string, UniversalHandler>;
  private readonly page: WebPage;
  /** What `/readyz` tells. */
  ready = false;

  constructor(
    routes: readonly Route[],
    files: WebFiles,
    private readonly base: CallBase,
    private readonly log: CallLog,
    private readonly logger: Logger,
    private readonly addresses = new ClientAddresses([]),
    /** Undefined: plain text. */
    certificates?: Certificates,
    silence = longestSilence,
  ) {
    const router = createConnectRouter({ readMaxBytes: maxRequestBytes, grpc: false });
    this.register(router, routes);
    this.methods = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
    this.page = new WebPage(files, base);
    this.server = certificates ? this.secure(certificates) : this.plain();
    this.server.setTimeout(silence);
    this.port = new TcpPort(this.server, (address) =>
      // A proxy's are those of many.
      base.limits.connection(addresses.isProxy(address) ? undefined : networkOf(address)),
    );
  }

  /** Returns the port. */
  async listen(address: string, port: number): Promise<number> {
    return this.port.listen(address, port);
  }

  /** Takes no more requests; resolves when running ones are done, or after the grace, in milliseconds. */
  async close(grace: number): Promise<void> {
    this.ready = false;
    const closed = this.port.close(grace);
    if ('closeIdleConnections' in this.server) this.server.closeIdleConnections();
    for (const session of this.sessions) session.close();
    await closed;
  }

  private plain(): Server {
    return createServer((request, response) => void this.answer(request, response));
  }

  private secure(certificates: Certificates): Http2SecureServer {
    // Node's requests and responses of HTTP/2 have what those of HTTP/1.1 have, where this server uses it.
    const server = createHttpsServer(
      certificates,
      (request: unknown, response: unknown) =>
        void this.answer(request as IncomingMessage, response as ServerResponse),
    );
    server.on('session', (session) => {
      this.sessions.add(session);
      session.once('close', () => this.sessions.delete(session));
      // Node gives the connection up by itself.
      session.on('error', () => undefined);
    });
    return server;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '/'] = (request.url ?? '/').split('?', 1);
    const slow = new AbortController();
    const hold = this.base.limits.memory.begin(connectionOf(request));
    response.once('close', () => hold.end());
    try {
      const method = this.methods.get(path);
      if (method === undefined && !methodPath.test(path)) {
        await this.read(request, path, response, hold);
        return;
      }
      shareWithEveryOrigin(response);
      if (request.method === 'OPTIONS') {
        answerPreflight(response);
        return;
      }
      if (method === undefined) {
        refuseCall(response, 404, 'METHOD_UNKNOWN');
        return;
      }
      if (!isAddressed(request)) {
        refuseCall(response, 400, 'REQUEST_MALFORMED');
        return;
      }
      const values = createContextValues()
        .set(callerAddress, this.addresses.of(request))
        .set(slowReader, slow.signal);
      const call = universalRequestFromNodeRequest(request, response, undefined, values);
      const { body, ...answer } = await method(explainable(call, method.method, hold));
      const cutOff = () => {
        slow.abort();
        endResponse(response);
      };
      // An answer waits for its reader as a whole; what is streamed waits piece by piece, and is limited by itself.
      const counted = method.method.methodKind === 'unary' ? body && counting(body, hold) : body;
      const taken = counted && untilSlow(counted, this.base.limits.slowReader, cutOff);
      if (method.method.methodKind !== 'unary') hold.settle();
      await universalResponseToNodeResponse(taken ? { ...answer, body: taken } : answer, response);
    } catch (error) {
      // A caller that went away while it was answered, or was cut off, is no failure.
      if (!request.destroyed && !slow.signal.aborted)
        this.logger.error({ err: error, path }, 'a web request failed');
      if (!response.headersSent) response.writeHead(500);
      response.end();
    }
  }

  private register(router: ConnectRouter, routes: readonly Route[]): void {
    for (const route of routes) {
      if (route.kind === 'unary') {
        router.rpc(route.method, (request: Message, context) =>
          this.watched(route.method.name, context, () => route.handle(this.call(context), request)),
        );
      } else {
        router.rpc(route.method, (request: Message, context) => this.stream(route, request, context));
      }
    }
  }

  private async *stream(
    route: Extract<Route, { kind: 'stream' }>,
    request: Message,
    context: HandlerContext,
  ) {
    const { name } = route.method;
    const running = this.log.begin(name);
    let failure: unknown;
    let end: (() => void) | undefined;
    try {
      const { items, onEnd } = await route.open(this.call(context), request);
      end = onEnd;
      for await (const item of items) {
        if (context.signal.aborted) break;
        yield route.encode(item);
      }
    } catch (error) {
      failure = error;
      throw Refusal.from(error).toConnectError();
    } finally {
      end?.();
      // Also when it is given up while its caller reads.
      if (context.values.get(slowReader).aborted) failure ??= new ChatError('SUBSCRIBER_SLOW');
      if (failure === undefined) running.succeed();
      else running.fail(failure);
    }
  }

  private async watched<T>(name: string, { values }: HandlerContext, act: () => Promise<T>): Promise<T> {
    const running = this.log.begin(name);
    try {
      const result = await act();
      running.succeed();
      return result;
    } catch (error) {
      throw running.fail(error, () => values.get(callerAddress)).toConnectError();
    }
  }

  private call({ requestHeader, signal, values }: HandlerContext): Call {
    const authorization = requestHeader.get('authorization') ?? undefined;
    return new Call(this.base, authorization, signal, () => values.get(callerAddress));
  }

  /** What is no call: the page, health, metrics. */
  private async read(
    request: IncomingMessage,
    path: string,
    response: ServerResponse,
    hold: CallHold,
  ): Promise<void> {
    const { method } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      sendText(response, 405, 'use GET');
    } else if (path === '/healthz') sendText(response, 200, 'ok');
    else if (path === '/readyz') {
      sendText(response, this.ready ? 200 : 503, this.ready ? 'ready' : 'not ready');
    } else if (path === '/metrics') {
      const { registry } = this.log;
      const metrics = await registry.metrics();
      hold.add(metrics.length);
      response.writeHead(200, { 'content-type': registry.contentType });
      response.end(metrics);
    } else if (!this.page.answer(request, path, response)) {
      const missing = path === '/' ? 'the page was not built: run npm run setup' : 'there is nothing here';
      sendText(response, 404, missing);
    }
  }
}

/** Of a caller that does not read: what it was sent already is all that it gets. */
function endResponse(response: ServerResponse): void {
  if ('stream' in response) (response.stream as ServerHttp2Stream).close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
  else response.destroy();
}

function sendText(response: ServerResponse, status: number, line: string): void {
  response.writeHead(status, {
    ...securityHeaders,
    'content-type': 'text/plain; charset=utf-8',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'cache-control': 'no-store',
  });
  response.end(`${line}\n`);
}

/** `status`: that of HTTP from which the clients of every protocol conclude the one of the reason. */
function refuseCall(response: ServerResponse, status: number, reason: Reason): void {
  const error = new Refusal(new ChatError(reason)).toConnectError();
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(errorToJsonBytes(error, undefined));
}

/** Whether the host and path that it names make a URL, as Connect wants one. */
function isAddressed(request: IncomingMessage): boolean {
  const host = 'authority' in request ? request.authority : request.headers.host;
  return typeof host === 'string' && URL.canParse(request.url ?? '', `http://${host}`);
}

/** Undefined when it has gone. */
function connectionOf(request: IncomingMessage): Connection | undefined {
  return 'stream' in request ? (request.stream as ServerHttp2Stream).session : request.socket;
}

async function* counting(body: AsyncIterable<Uint8Array>, hold: CallHold): AsyncGenerator<Uint8Array> {
  for await (const bytes of body) {
    hold.add(bytes.length);
    yield bytes;
  }
}
