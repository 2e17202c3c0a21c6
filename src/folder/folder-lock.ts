import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderInUse, folderNotLocked } from './folder-error.js';
import { SilentSocket } from './silent-socket.js';

/**
 * Makes a folder belong to this process until it ends, however it ends. A socket address can be bound only
 * once and the kernel releases it with the process, so that no lock is left behind by a kill; Node.js has
 * no file locks. On Linux the address is an abstract one, elsewhere a file in the system's folder for
 * temporary files. Processes that don't share a network namespace don't see each other's.
 */
export class FolderLock {
  private constructor(private readonly socket: SilentSocket) {}

  /** `purpose`: locks of different purposes don't meet. Throws FolderError IN_USE. */
  static async acquire(folder: string, purpose?: string): Promise<FolderLock> {
    const { dev, ino } = statSync(folder);
    const name = `holdfast-${dev}-${ino}${purpose === undefined ? '' : `-${purpose}`}`;
    const path = process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
    try {
      return new FolderLock(await SilentSocket.listen(path));
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      throw code === 'EADDRINUSE' ? folderInUse(folder, cause) : folderNotLocked(folder, message, cause);
    }
  }

  async release(): Promise<void> {
    await this.socket.close();
  }
}
