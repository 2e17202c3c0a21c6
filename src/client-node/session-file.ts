import { join } from 'node:path';
import { z } from 'zod';
import type { SavedSession } from '../client/types.js';
import { readPrivateFile, removePrivateFile, writePrivateFile } from './private-file.js';
import { StateError } from './state-error.js';

const sessionSchema = z.object({
  version: z.literal(1),
  username: z.string(),
  accountId: z.string(),
  token: z.string(),
  servers: z.array(z.string()).min(1),
});

/**
 * Who is logged in on this machine: a file for each user that only its owner can read, so that commands of several
 * users at the same time don't undo each other's work, and one that names the user that commands act as. Throws
 * StateError.
 */
export class SessionFile {
  private readonly folder: string;
  private readonly currentPath: string;

  constructor(stateFolder: string) {
    this.folder = join(stateFolder, 'sessions');
    this.currentPath = join(stateFolder, 'current-user');
  }

  /** The session of that user, or the current one. */
  async find(username: string | undefined): Promise<SavedSession | undefined> {
    const name = username?.toLowerCase() ?? (await this.current());
    const path = name === undefined ? undefined : this.pathOf(name);
    const text = path === undefined ? undefined : await readPrivateFile(path);
    if (path === undefined || text === undefined) return undefined;
    try {
      const { accountId, token, servers, ...saved } = sessionSchema.parse(JSON.parse(text));
      return { username: saved.username, accountId, token, servers };
    } catch (cause) {
      throw new StateError(`${path} is damaged: remove it and log in again`, { cause });
    }
  }

  /** Keeps the session and makes its user the current one. */
  async save(session: SavedSession): Promise<void> {
    await this.store(session);
    await writePrivateFile(this.currentPath, `${session.username.toLowerCase()}\n`);
  }

  /** Keeps which servers there are, for a session that is still the one that is kept. */
  async saveServers({ username, token }: SavedSession, servers: readonly string[]): Promise<void> {
    const session = await this.find(username);
    if (session?.token === token) await this.store({ ...session, servers });
  }

  async remove(username: string): Promise<void> {
    const name = username.toLowerCase();
    const path = this.pathOf(name);
    if (path !== undefined) await removePrivateFile(path);
    if ((await this.current()) === name) await removePrivateFile(this.currentPath);
  }

  private async current(): Promise<string | undefined> {
    return (await readPrivateFile(this.currentPath))?.trim();
  }

  private async store({ username, accountId, token, servers }: SavedSession): Promise<void> {
    const path = this.pathOf(username.toLowerCase());
    if (path === undefined) throw new StateError(`${username} is no username`);
    const text = JSON.stringify({ version: 1, username, accountId, token, servers }, null, 2);
    await writePrivateFile(path, `${text}\n`);
  }

  /** Undefined for what is no username, and might be a path. */
  private pathOf(name: string): string | undefined {
    return /^[a-z0-9._-]{1,32}$/.test(name) ? join(this.folder, `${name}.json`) : undefined;
  }
}
