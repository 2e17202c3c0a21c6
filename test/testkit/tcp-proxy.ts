import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

type Link = { readonly client: Socket; readonly server: Socket };

/** A way to a server on this machine that a test can block and cut. */
export class TcpProxy {
  /** Chunks of bytes that were held back. */
  heldBack = 0;
  private readonly links = new Set<Link>();
  private readonly server: Server;
  private refusing = false;
  private blocked = { requests: false, answers: false };

  private constructor(target: string) {
    const [host, port] = target.split(':');
    this.server = createServer((client) => {
      if (this.refusing) return client.destroy();
      this.join(client, connect(Number(port), host));
    });
  }

  /** `target`: HOST:PORT. */
  static async start(target: string): Promise<TcpProxy> {
    const proxy = new TcpProxy(target);
    proxy.server.listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    return proxy;
  }

  /** HOST:PORT to connect to. */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** What is sent to the server stays here, until it is cut. */
  blockRequests(): void {
    this.blocked.requests = true;
  }

  /** What the server sends stays here, until it is cut. */
  blockAnswers(): void {
    this.blocked.answers = true;
  }

  /** Cuts every connection. New ones pass everything on. */
  cut(): void {
    this.blocked = { requests: false, answers: false };
    for (const { client, server } of this.links) {
      client.destroy();
      server.destroy();
    }
  }

  async close(): Promise<void> {
    this.refusing = true;
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket, server: Socket): void {
    const link = { client, server };
    this.links.add(link);
    client.on('data', (bytes) => {
      if (this.blocked.requests) this.heldBack += 1;
      else server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (this.blocked.answers) this.heldBack += 1;
      else client.write(bytes);
    });
    const end = () => {
      this.links.delete(link);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) socket.on('close', end).on('error', end);
  }
}
