import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/**
 * forward: what a wire does. hang: connections are accepted and nothing is passed on, like to a process that
 * is paused. deaf: requests arrive, answers do not. cut: connections are broken, and new ones refused.
 */
export type ProxyMode = 'forward' | 'hang' | 'deaf' | 'cut';

/** A wire to a server that a test can damage. It ends with its test. */
export class DamagedWire {
  private mode: ProxyMode = 'forward';
  private readonly sockets = new Set<Socket>();
  private readonly pairs: { readonly client: Socket; readonly server: Socket }[] = [];

  private constructor(
    private readonly server: Server,
    /** HOST:PORT. */
    readonly address: string,
  ) {}

  static async to(target: string): Promise<DamagedWire> {
    const [host = '', port = ''] = target.split(':');
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new DamagedWire(server, `127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('connection', (client) => proxy.join(client, connect(Number(port), host)));
    onTestFinished(() => proxy.close());
    return proxy;
  }

  set(mode: ProxyMode): void {
    this.mode = mode;
    if (mode === 'cut') for (const socket of this.sockets) socket.destroy();
    for (const pair of this.pairs) this.apply(pair);
  }

  /** How many connections there are. */
  get connections(): number {
    return this.sockets.size / 2;
  }

  private join(client: Socket, server: Socket): void {
    if (this.mode === 'cut') {
      client.destroy();
      server.destroy();
      return;
    }
    const pair = { client, server };
    this.pairs.push(pair);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
      from.on('data', (chunk) => to.write(chunk));
    }
    this.apply(pair);
  }

  private apply({ client, server }: { readonly client: Socket; readonly server: Socket }): void {
    if (this.mode === 'hang') client.pause();
    else client.resume();
    if (this.mode === 'forward') server.resume();
    else server.pause();
  }

  private async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
