import { ConnectError } from '@connectrpc/connect';
import type { Interceptor, Transport } from '@connectrpc/connect';
import { Http2SessionManager, createGrpcTransport } from '@connectrpc/connect-node';
import { ClientError } from '../client/client-error.js';
import { tlsFailure, wantsTls } from './tls-failure.js';

/** The library stops listening to a connection that it gives up; what that one still reports must not end the program. */
class QuietSessions extends Http2SessionManager {
  private readonly heard = new WeakSet();

  override async request(...args: Parameters<Http2SessionManager['request']>) {
    const stream = await super.request(...args);
    const { session } = stream;
    if (session && !this.heard.has(session)) {
      this.heard.add(session);
      session.on('error', () => undefined);
    }
    return stream;
  }
}

/** Authorities in PEM; undefined: those that this machine trusts. */
export type Trust = { readonly ca: Buffer | undefined };

/**
 * gRPC connections to servers named HOST:PORT. A connection on which somebody waits is asked for a sign of
 * life every 10 s, so that one to a machine that is gone is noticed before the operating system does.
 */
export class GrpcTransports {
  private readonly managers: Http2SessionManager[] = [];

  /** In plain text. */
  readonly create = (server: string): Transport => this.open(server, undefined);

  /** Over TLS. */
  secure(trust: Trust): (server: string) => Transport {
    return (server) => this.open(server, trust);
  }

  /** Breaks every connection. */
  close(): void {
    for (const manager of this.managers) manager.abort();
  }

  private open(server: string, trust: Trust | undefined): Transport {
    const baseUrl = `${trust ? 'https' : 'http'}://${server}`;
    const timing = { pingIntervalMs: 10_000, pingTimeoutMs: 5_000 };
    const sessionManager = new QuietSessions(baseUrl, timing, trust?.ca && { ca: trust.ca });
    this.managers.push(sessionManager);
    const explain = trust ? explainTls(server) : explainPlain(server);
    return createGrpcTransport({ baseUrl, sessionManager, interceptors: [explain] });
  }
}

function explainTls(server: string): Interceptor {
  return (next) => async (request) => {
    try {
      return await next(request);
    } catch (cause) {
      throw tlsFailure(server, cause) ?? cause;
    }
  };
}

/** A server that has never answered in plain text may not do so at all. */
function explainPlain(server: string): Interceptor {
  let answered = false;
  return (next) => async (request) => {
    try {
      const response = await next(request);
      answered = true;
      return response;
    } catch (cause) {
      answered ||= cause instanceof ConnectError && cause.details.length > 0;
      const silent =
        !answered && !request.signal.aborted && ClientError.from(cause).reason === 'CONNECTION_LOST';
      throw (silent ? await wantsTls(server, cause) : undefined) ?? cause;
    }
  };
}
