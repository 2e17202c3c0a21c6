import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { FolderError } from './folder-error.js';
import { ShortPath } from './short-path.js';

/** In the folder that is owned; holds the sockets of its owners, named by numbers that rise. */
const folderName = 'lock';
const numberName = /^\d+$/;
/** Of one who tries, until it has its number. */
const newName = /^[0-9a-f]{16}\.new$/;
/** Each has met another contender that was quicker. */
const attempts = 100;
/** There can be no sockets, or no links to them, or nothing can be written. */
const impossible = [
  'EACCES',
  'EINVAL',
  'ENOSPC',
  'ENOSYS',
  'ENOTDIR',
  'ENOTSUP',
  'EOPNOTSUPP',
  'EPERM',
  'EROFS',
];

/**
 * A socket in a folder that its owner listens on: who can connect to the last one knows that the folder is owned, also from
 * another container. The kernel ends it with its process; what is left is a name that nobody answers at.
 *
 * The next owner takes the next number, as a link to a socket that it listens on by then: only one can make that. It removes
 * lower ones only, so the highest there ever was is always there, and stays when its owner leaves. Somebody who has stood still
 * meanwhile may get a number again that was removed: it sees a higher one, and gives it back.
 */
export class OwnerSocket {
  private constructor(private readonly server: Server) {}

  /** Undefined where there can be no sockets in the folder. Throws FolderError IN_USE, or UNWRITABLE when that can't be told. */
  static async acquire(folder: string): Promise<OwnerSocket | undefined> {
    const sockets = join(folder, folderName);
    try {
      for (let i = 0; i < attempts; i += 1) {
        const number = await lastNumber(sockets);
        if (number > 0 && (await isAnswered(sockets, String(number)))) throw inUse(folder);
        await mkdir(sockets, { mode: 0o700 }).catch(ignoring('EEXIST'));
        const server = await take(sockets, number + 1);
        if (server) return new OwnerSocket(server);
      }
      throw inUse(folder);
    } catch (cause) {
      if (cause instanceof FolderError) throw cause;
      const { code = '', message } = cause as NodeJS.ErrnoException;
      if (impossible.includes(code)) return undefined;
      throw new FolderError('UNWRITABLE', `data folder ${folder} can not be locked: ${message}`, { cause });
    }
  }

  /** Whether something in a folder is nothing but what owners leave there. */
  static async isRest(folder: string, name: string): Promise<boolean> {
    if (name !== folderName) return false;
    const names = await readdir(join(folder, name)).catch(() => undefined);
    return names?.every((one) => numberName.test(one) || newName.test(one)) ?? false;
  }

  async release(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

function inUse(folder: string): FolderError {
  const message = `data folder ${folder} is in use by another server: stop that one first`;
  return new FolderError('IN_USE', message);
}

/** Undefined when another one was quicker. Throws when there can be no socket. */
async function take(sockets: string, number: number): Promise<Server | undefined> {
  const own = join(sockets, `${randomBytes(8).toString('hex')}.new`);
  const server = createServer((socket) => socket.destroy());
  try {
    await listen(server, own);
    const name = join(sockets, String(number));
    // The new name may be gone: another one has become the owner.
    const isMade = await link(own, name).then(() => true, ignoring('EEXIST', 'ENOENT'));
    if (isMade && (await lastNumber(sockets)) > number) await rm(name, { force: true });
    else if (isMade) {
      await removeLower(sockets, number);
      server.unref();
      return server;
    }
  } catch (error) {
    server.close();
    await rm(own, { force: true }).catch(() => undefined);
    throw error;
  }
  server.close();
  await rm(own, { force: true });
  return undefined;
}

async function listen(server: Server, socket: string): Promise<void> {
  const path = await ShortPath.open(dirname(socket), basename(socket));
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(join(path.folder, basename(socket)), () => {
        server.off('error', reject);
        // Whoever asks and can't be answered, as when too many files are open, has been told enough: it is owned.
        server.on('error', () => undefined);
        resolve();
      });
    });
  } finally {
    await path.close();
  }
}

/** Those of owners that are gone, and of others who try: they will see that it is taken. */
async function removeLower(sockets: string, number: number): Promise<void> {
  const names = await readdir(sockets);
  const gone = names.filter((name) => (numberName.test(name) ? Number(name) < number : newName.test(name)));
  await Promise.all(gone.map((name) => rm(join(sockets, name), { force: true })));
}

/** 0: there was never an owner. */
async function lastNumber(sockets: string): Promise<number> {
  const names = (await readdir(sockets).catch(ignoring('ENOENT'))) ?? [];
  return Math.max(0, ...names.filter((name) => numberName.test(name)).map(Number));
}

async function isAnswered(sockets: string, name: string): Promise<boolean> {
  const path = await ShortPath.open(sockets, name);
  try {
    return await new Promise<boolean>((resolve, reject) => {
      const socket = connect(join(path.folder, name));
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
        // More wait at its owner than it can hold: one that stands still.
        else if (error.code === 'EAGAIN') resolve(true);
        else reject(error);
      });
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
