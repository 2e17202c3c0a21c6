import type { AddressInfo, Server, Socket } from 'node:net';

/** The port of a server, and the connections to it: those that nobody else ends can be ended from here. */
export class TcpPort {
  /** With what is to be called at the end of each. */
  private readonly connections = new Map<Socket, () => void>();

  /** `admit`: returns what is to be called at the end of a connection from an address; undefined: it is refused. */
  constructor(
    private readonly server: Server,
    admit: (address: string) => (() => void) | undefined = () => () => undefined,
  ) {
    const { connections } = this;
    // One for all connections, not one for each.
    const forget = function (this: Socket) {
      connections.get(this)?.();
      connections.delete(this);
    };
    // Before those who speak with it.
    server.prependListener('connection', (socket: Socket) => {
      const release = admit(socket.remoteAddress ?? '');
      if (release === undefined) {
        // Nothing more is read of it; an answer would cost more than it says.
        socket.destroy();
        return;
      }
      connections.set(socket, release);
      socket.on('close', forget);
    });
  }

  /** Returns the port, which is another one for 0. Throws what the system says against it. */
  async listen(address: string, port: number): Promise<number> {
    const { server } = this;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, address, () => {
        server.off('error', reject);
        // A connection that could not be taken, as when too many are open, is for its client to try again.
        server.on('error', () => undefined);
        resolve();
      });
    });
    return (server.address() as AddressInfo).port;
  }

  /**
   * Takes no more connections; resolves when all have ended. Those that are there after the grace, in
   * milliseconds, are cut off: one of a client that is suspended, or never says anything, would stay for ever.
   */
  async close(grace: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.cutOff(), grace);
      this.server.close(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  private cutOff(): void {
    for (const socket of this.connections.keys()) socket.destroy();
  }
}
