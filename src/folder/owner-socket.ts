import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { FolderError } from './folder-error.js';
import { ShortPath } from './short-path.js';

/** In the folder that is owned; holds the sockets of its owners, named by numbers that rise. */
export const ownerFolder = 'lock';
/** Each has met another contender that was quicker. */
const attempts = 100;

/**
 * A socket in a folder that its owner listens on: who can connect to the last one knows that the folder is owned, also from
 * another container. The kernel ends it with its process; what is left is a name that nobody answers at. The next owner takes
 * the next number, as a link to a socket that it listens on by then: only one can make that. So nobody ever takes away a name
 * that somebody may just have taken, and the last one stays when its owner leaves.
 */
export class OwnerSocket {
  private constructor(private readonly server: Server) {}

  /** Undefined where there can be no sockets in the folder. Throws FolderError IN_USE. */
  static async acquire(folder: string): Promise<OwnerSocket | undefined> {
    const sockets = join(folder, ownerFolder);
    for (let i = 0; i < attempts; i += 1) {
      const number = await lastNumber(sockets);
      if (number > 0 && (await isAnswered(sockets, String(number)))) {
        throw new FolderError(
          'IN_USE',
          `data folder ${folder} is in use by another server: stop that one first`,
        );
      }
      try {
        await mkdir(sockets, { mode: 0o700 }).catch(ignoring('EEXIST'));
        const server = await take(sockets, String(number + 1));
        if (server) return new OwnerSocket(server);
      } catch {
        return undefined;
      }
    }
    throw new FolderError('IN_USE', `others try to use data folder ${folder}, too`);
  }

  async release(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

/** Undefined when another one was quicker. Throws when there can be no socket. */
async function take(sockets: string, name: string): Promise<Server | undefined> {
  const own = `${randomBytes(8).toString('hex')}.new`;
  const server = createServer((socket) => socket.destroy());
  try {
    await listen(server, sockets, own);
    const isFirst = await link(join(sockets, own), join(sockets, name)).then(
      () => true,
      ignoring('EEXIST', 'ENOENT'),
    );
    if (isFirst === true) {
      await removeOthers(sockets, name);
      server.unref();
      return server;
    }
  } catch (error) {
    server.close();
    throw error;
  }
  server.close();
  await rm(join(sockets, own), { force: true });
  return undefined;
}

async function listen(server: Server, sockets: string, name: string): Promise<void> {
  const path = await ShortPath.open(sockets, name);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(join(path.folder, name), resolve);
    });
  } finally {
    await path.close();
  }
}

/** Those of owners that are gone, and of others who try: they will see that it is taken. */
async function removeOthers(sockets: string, name: string): Promise<void> {
  const others = (await readdir(sockets)).filter((other) => other !== name);
  await Promise.all(others.map((other) => rm(join(sockets, other), { force: true })));
}

/** 0: there was never an owner. */
async function lastNumber(sockets: string): Promise<number> {
  const names = await readdir(sockets).catch(() => []);
  return Math.max(0, ...names.filter((name) => /^\d+$/.test(name)).map(Number));
}

async function isAnswered(sockets: string, name: string): Promise<boolean> {
  const path = await ShortPath.open(sockets, name);
  try {
    return await new Promise<boolean>((resolve) => {
      const socket = connect(join(path.folder, name));
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      // More wait at its owner than it can hold: one that stands still.
      socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'EAGAIN'));
    });
  } finally {
    await path.close();
  }
}

function ignoring(...codes: readonly string[]): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
}
