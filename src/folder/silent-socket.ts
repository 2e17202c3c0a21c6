import { createServer } from 'node:net';
import type { Server } from 'node:net';

/**
 * A socket that says nothing to who connects: that it can be reached is all it tells. It ends with its process, however that
 * ends, and keeps none running.
 */
export class SilentSocket {
  private constructor(private readonly server: Server) {}

  /** Rejects with what the system says against the path. */
  static async listen(path: string): Promise<SilentSocket> {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        // Who connects and can't be answered, as when too many files are open, must not end this program.
        server.on('error', () => undefined);
        resolve();
      });
    });
    server.unref();
    return new SilentSocket(server);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}
