import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Message } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import type { ConnectRouter, HandlerContext, Interceptor } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import type { ConnectNodeAdapterOptions } from '@connectrpc/connect-node';
import type { Logger } from 'pino';
import { ErrorInfoSchema, RetryInfoSchema } from '../api/google/rpc/error_details_pb.js';
import { ChatError } from '../chat/chat-error.js';
import type { CallLog } from './call-log.js';
import { maxRequestBytes } from './grpc-server.js';
import { landingPage } from './landing-page.js';
import { Refusal } from './refusal.js';
import type { Call, Route } from './route.js';

type NodeResponse = Parameters<NonNullable<ConnectNodeAdapterOptions['fallback']>>[1];
type CallBase = Pick<Call, 'chat' | 'addresses'>;

/** The API over Connect and gRPC-Web, a page, health and metrics. */
export class WebServer {
  private readonly server: Server;
  private ready = true;

  constructor(
    routes: readonly Route[],
    private readonly base: () => CallBase,
    private readonly log: CallLog,
    private readonly logger: Logger,
  ) {
    const adapter = connectNodeAdapter({
      routes: (router) => this.register(router, routes),
      readMaxBytes: maxRequestBytes,
      interceptors: [explainProtocolErrors],
      fallback: (request, response) => void this.page(request.method ?? 'GET', request.url ?? '/', response),
    });
    this.server = createServer(adapter);
  }

  /** Returns the port. */
  async listen(address: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, address, resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  /** Takes no more requests; resolves when running ones are done, or after the grace, in milliseconds. */
  async close(grace: number): Promise<void> {
    this.ready = false;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.server.closeAllConnections(), grace);
      this.server.close(() => {
        clearTimeout(timer);
        resolve();
      });
      this.server.closeIdleConnections();
    });
  }

  private register(router: ConnectRouter, routes: readonly Route[]): void {
    for (const route of routes) {
      if (route.kind === 'unary') {
        router.rpc(route.method, (request: Message, context) =>
          this.watched(route.method.name, () => route.handle(this.call(context), request)),
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
    const done = this.log.begin(name);
    try {
      yield* route.handle(this.call(context), request);
      done('OK');
    } catch (error) {
      const refusal = Refusal.from(error, this.logger, name);
      done(refusal.error.code);
      throw toConnectError(refusal);
    }
  }

  private async watched<T>(name: string, act: () => Promise<T>): Promise<T> {
    const done = this.log.begin(name);
    try {
      const result = await act();
      done('OK');
      return result;
    } catch (error) {
      const refusal = Refusal.from(error, this.logger, name);
      done(refusal.error.code);
      throw toConnectError(refusal);
    }
  }

  private call({ requestHeader, signal }: HandlerContext): Call {
    return { ...this.base(), authorization: requestHeader.get('authorization') ?? undefined, signal };
  }

  private async page(method: string, url: string, response: NodeResponse): Promise<void> {
    const path = url.split('?', 1)[0];
    const send = (status: number, type: string, body: string) => {
      response.writeHead(status, {
        'content-type': `${type}; charset=utf-8`,
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
      response.end(method === 'HEAD' ? '' : body);
    };
    if (method !== 'GET' && method !== 'HEAD') send(405, 'text/plain', 'use GET\n');
    else if (path === '/') send(200, 'text/html', landingPage(this.base().addresses));
    else if (path === '/healthz') send(200, 'text/plain', 'ok\n');
    else if (path === '/readyz')
      send(this.ready ? 200 : 503, 'text/plain', this.ready ? 'ready\n' : 'stopping\n');
    else if (path === '/metrics') {
      const { registry } = this.log;
      response.writeHead(200, { 'content-type': registry.contentType });
      response.end(await registry.metrics());
    } else send(404, 'text/plain', 'there is nothing here\n');
  }
}

function toConnectError(refusal: Refusal): ConnectError {
  const { retry } = refusal;
  const details = [
    { desc: ErrorInfoSchema, value: refusal.info },
    ...(retry ? [{ desc: RetryInfoSchema, value: retry }] : []),
  ];
  return new ConnectError(refusal.error.message, refusal.code, undefined, details, refusal.error);
}

// Connect refuses what it can't parse by itself, without a reason.
const explainProtocolErrors: Interceptor = (next) => async (request) => {
  try {
    return await next(request);
  } catch (error) {
    if (!(error instanceof ConnectError) || error.details.length > 0) throw error;
    if (error.code === Code.InvalidArgument)
      throw toConnectError(new Refusal(new ChatError('REQUEST_MALFORMED')));
    if (error.code === Code.ResourceExhausted)
      throw toConnectError(new Refusal(new ChatError('REQUEST_TOO_LARGE')));
    throw error;
  }
};
