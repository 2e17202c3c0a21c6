import type { Transport } from '@connectrpc/connect';
import { Http2SessionManager, createGrpcTransport } from '@connectrpc/connect-node';

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

/**
 * gRPC connections to servers named HOST:PORT. A connection on which somebody waits is asked for a sign of
 * life every 10 s, so that one to a machine that is gone is noticed before the operating system does.
 */
export class GrpcTransports {
  private readonly managers: Http2SessionManager[] = [];

  readonly create = (server: string): Transport => {
    const baseUrl = `http://${server}`;
    const sessionManager = new QuietSessions(baseUrl, { pingIntervalMs: 10_000, pingTimeoutMs: 5_000 });
    this.managers.push(sessionManager);
    return createGrpcTransport({ baseUrl, sessionManager });
  };

  /** Breaks every connection. */
  close(): void {
    for (const manager of this.managers) manager.abort();
  }
}
