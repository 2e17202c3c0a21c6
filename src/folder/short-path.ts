import { constants } from 'node:fs';
import { mkdtemp, open, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Bytes of a Unix socket's path that every system takes. */
const limit = 100;

/**
 * A path to a folder that is short enough for sockets in it, where its own is not: through a file descriptor of the folder,
 * which leaves nothing behind, or where there is no /proc, through a symbolic link. Good for this process until it is closed.
 */
export class ShortPath {
  private constructor(
    readonly folder: string,
    private readonly release: () => Promise<void>,
  ) {}

  /** `name`: the longest name of a socket in the folder. */
  static async open(folder: string, name: string): Promise<ShortPath> {
    if (Buffer.byteLength(join(folder, name)) <= limit) return new ShortPath(folder, () => Promise.resolve());
    if (process.platform === 'linux') {
      const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
      return new ShortPath(`/proc/self/fd/${handle.fd}`, () => handle.close());
    }
    const shelter = await mkdtemp(join(tmpdir(), 'holdfast-'));
    await symlink(folder, join(shelter, 'd'));
    return new ShortPath(join(shelter, 'd'), () => rm(shelter, { recursive: true, force: true }));
  }

  async close(): Promise<void> {
    await this.release();
  }
}
