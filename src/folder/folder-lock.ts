import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FolderError } from './folder-error.js';

/**
 * Makes a folder belong to this process until it ends, however it ends. A socket address can be bound only
 * once and the kernel releases it with the process, so that no lock is left behind by a kill; Node.js has
 * no file locks. On Linux the address is an abstract one, elsewhere a file in the system's folder for
 * temporary files. Processes that don't share a network namespace don't see each other's.
 */
export class FolderLock {
  private constructor(private readonly server: Server) {}

  /** `purpose`: locks of different purposes don't meet. Throws FolderError IN_USE. */
  static async acquire(folder: string, purpose?: string): Promise<FolderLock> {
    const { dev, ino } = statSync(folder);
    const name = `holdfast-${dev}-${ino}${purpose === undefined ? '' : `-${purpose}`}`;
    const path = process.platform === 'linux' ? `\0${name}` : join(tmpdir(), `${name}.sock`);
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause: NodeJS.ErrnoException) => {
        const inUse = cause.code === 'EADDRINUSE';
        const message = inUse
          ? `data folder ${folder} is in use by another server: stop that one first`
          : `data folder ${folder} can not be locked: ${cause.message}`;
        reject(new FolderError(inUse ? 'IN_USE' : 'UNWRITABLE', message, { cause }));
      });
      server.listen(path, resolve);
    });
    // Somebody who connects and can't be answered, as when too many files are open, must not end this program.
    server.on('error', () => undefined);
    server.unref();
    return new FolderLock(server);
  }

  async release(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}
