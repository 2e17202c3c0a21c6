import { constants } from 'node:fs';
import { mkdtemp, open, rm, symlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The member's socket file in the node's folder. etcd wants HOST:PORT behind `unix://`, and makes a file of
 * that name in its working directory.
 */
export const socketName = 'etcd:0';

/** What etcd is told to listen on. */
export const clientUrl = `unix://${socketName}`;

/** Bytes of a Unix socket's path that every system takes. */
const limit = 100;

/**
 * A path to the member's socket that is short enough, for folders that are not: through a file descriptor of
 * the folder, which leaves nothing behind, or where there is no /proc, through a symbolic link. Good for this
 * process until it is closed.
 */
export class SocketAddress {
  private constructor(
    /** For gRPC: `unix:` and a path. */
    readonly target: string,
    private readonly release: () => Promise<void>,
  ) {}

  static async open(folder: string): Promise<SocketAddress> {
    const path = join(folder, socketName);
    if (Buffer.byteLength(path) <= limit) return new SocketAddress(`unix:${path}`, () => Promise.resolve());
    if (process.platform === 'linux') {
      const handle: FileHandle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
      return new SocketAddress(`unix:/proc/self/fd/${handle.fd}/${socketName}`, () => handle.close());
    }
    const shelter = await mkdtemp(join(tmpdir(), 'holdfast-'));
    await symlink(folder, join(shelter, 'd'));
    const target = `unix:${join(shelter, 'd', socketName)}`;
    return new SocketAddress(target, () => rm(shelter, { recursive: true, force: true }));
  }

  async close(): Promise<void> {
    await this.release();
  }
}
