import type { Transport } from '@connectrpc/connect';
import { Http2SessionManager, createGrpcTransport } from '@connectrpc/connect-node';

/**
 * gRPC connections to servers named HOST:PORT. A connection on which somebody waits is asked for a sign of
 * life every 10 s, so that one to a machine that is gone is noticed before the operating system does.
 */
export class GrpcTransports {
  private readonly managers: Http2SessionManager[] = [];

  readonly create = (server: string): Transport => {
    const baseUrl = `http://${server}`;
    const sessionManager = new Http2SessionManager(baseUrl, { pingIntervalMs: 10_000, pingTimeoutMs: 5_000 });
    this.managers.push(sessionManager);
    return createGrpcTransport({ baseUrl, sessionManager });
  };

  /** Breaks every connection. */
  close(): void {
    for (const manager of this.managers) manager.abort();
  }
}
