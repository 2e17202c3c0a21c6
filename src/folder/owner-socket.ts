import { randomBytes } from 'node:crypto';
import { link, mkdir, readdir, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { FolderError, folderInUse, folderNotLocked } from './folder-error.js';
import { ShortPath } from './short-path.js';
import { SilentSocket } from './silent-socket.js';

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
  private constructor(private readonly socket: SilentSocket) {}

  /** Undefined where there can be no sockets in the folder. Throws FolderError IN_USE, or UNWRITABLE when that can't be told. */
  static async acquire(folder: string): Promise<OwnerSocket | undefined> {
    const sockets = join(folder, folderName);
    try {
      for (let i = 0; i < attempts; i += 1) {
        const number = await lastNumber(sockets);
        if (number > 0 && (await isAnswered(sockets, String(number)))) throw folderInUse(folder);
        await mkdir(sockets, { mode: 0o700 }).catch(ignoring('EEXIST'));
        const socket = await take(sockets, number + 1);
        if (socket) return new OwnerSocket(socket);
      }
      throw folderInUse(folder);
    } catch (cause) {
      if (cause instanceof FolderError) throw cause;
      const { code = '', message } = cause as NodeJS.ErrnoException;
      if (impossible.includes(code)) return undefined;
      throw folderNotLocked(folder, message, cause);
    }
  }

  /** Whether all that is in a folder, by these names, is what owners leave there. */
  static async leftAll(folder: string, names: readonly string[]): Promise<boolean> {
    if (names.length === 0) return true;
    if (names.some((name) => name !== folderName)) return false;
    const sockets = await readdir(join(folder, folderName)).catch(() => undefined);
    return sockets?.every((name) => numberName.test(name) || newName.test(name)) ?? false;
  }

  async release(): Promise<void> {
    await this.socket.close();
  }
}

/** Undefined when another one was quicker. Throws when there can be no socket. */
async function take(sockets: string, number: number): Promise<SilentSocket | undefined> {
  const own = `${randomBytes(8).toString('hex')}.new`;
  let socket: SilentSocket | undefined;
  let isOwner = false;
  try {
    socket = await listen(sockets, own);
    const name = join(sockets, String(number));
    // The new name may be gone: another one has become the owner.
    const isMade = await link(join(sockets, own), name).then(() => true, ignoring('EEXIST', 'ENOENT'));
    if (!isMade) return undefined;
    if ((await lastNumber(sockets)) > number) {
      await rm(name, { force: true });
      return undefined;
    }
    await removeLower(sockets, number);
    isOwner = true;
    return socket;
  } finally {
    if (!isOwner) {
      await socket?.close();
      await rm(join(sockets, own), { force: true }).catch(() => undefined);
    }
  }
}

async function listen(sockets: string, name: string): Promise<SilentSocket> {
  const path = await ShortPath.open(sockets, name);
  try {
    return await SilentSocket.listen(join(path.folder, name));
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
