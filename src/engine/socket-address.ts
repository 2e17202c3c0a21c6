import { join } from 'node:path';
import { ShortPath } from '../folder/short-path.js';

/**
 * The member's socket file in the node's folder. etcd wants HOST:PORT behind `unix://`, and makes a file of
 * that name in its working directory.
 */
export const socketName = 'etcd:0';

/** What etcd is told to listen on. */
export const clientUrl = `unix://${socketName}`;

/** The member's socket for gRPC, also in folders whose path is too long for one. */
export class SocketAddress {
  private constructor(private readonly path: ShortPath) {}

  static async open(folder: string): Promise<SocketAddress> {
    return new SocketAddress(await ShortPath.open(folder, socketName));
  }

  /** For gRPC: `unix:` and a path. Good for this process until it is closed. */
  get target(): string {
    return `unix:${join(this.path.folder, socketName)}`;
  }

  async close(): Promise<void> {
    await this.path.close();
  }
}
