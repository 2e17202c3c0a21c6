import { join } from 'node:path';
import { z } from 'zod';
import type { SavedSession } from '../client/types.js';
import { plainText } from './connection-security.js';
import type { ConnectionSecurity } from './connection-security.js';
import { namesIn, readPrivateFile, removePrivateFile, writePrivateFile } from './private-file.js';
import { ServersFile, defaultServer, fileNameOf } from './servers-file.js';
import type { KnownServers } from './servers-file.js';
import { StateError } from './state-error.js';

const sessionSchema = z.object({
  version: z.literal(1),
  username: z.string(),
  accountId: z.string(),
  token: z.string(),
});

/**
 * Who is logged in on this machine: a file for each user that only its owner can read, so that commands of several
 * users at the same time don't undo each other's work, and one that names the user that commands act as. Which servers
 * a user has stands elsewhere, and outlives the session. Throws StateError.
 */
export class SessionFile {
  readonly servers: ServersFile;
  private readonly folder: string;
  private readonly currentPath: string;

  constructor(stateFolder: string, configFolder: string) {
    this.servers = new ServersFile(configFolder);
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
      const { accountId, token, ...saved } = sessionSchema.parse(JSON.parse(text));
      const known = await this.servers.load(saved.username);
      return { username: saved.username, accountId, token, servers: known?.servers ?? [defaultServer] };
    } catch (cause) {
      if (cause instanceof StateError) throw cause;
      throw new StateError(`${path} is damaged: remove it and log in again`, { cause });
    }
  }

  /** Names of all who are logged in, in order; those of files, which are in lower case. */
  async names(): Promise<readonly string[]> {
    const files = (await namesIn(this.folder)).filter((name) => name.endsWith('.json'));
    return files.map((name) => name.slice(0, -'.json'.length)).sort();
  }

  /** Where somebody logs in: at the servers that this user had last, else at those that anybody had here. */
  async serversFor(username: string): Promise<KnownServers | undefined> {
    return (await this.servers.load(username)) ?? (await this.servers.latest());
  }

  /** Keeps the session and makes its user the current one. `security`: how its servers are spoken to. */
  async save(
    { username, accountId, token, servers }: SavedSession,
    security: ConnectionSecurity = plainText,
  ): Promise<void> {
    const path = this.pathOf(username.toLowerCase());
    if (path === undefined) throw new StateError(`${username} is no username`);
    await this.servers.save(username, { servers, ...security });
    const text = JSON.stringify({ version: 1, username, accountId, token }, null, 2);
    await writePrivateFile(path, `${text}\n`);
    await writePrivateFile(this.currentPath, `${username.toLowerCase()}\n`);
  }

  /** Keeps which servers there are, for a session that is still the one that is kept. */
  async saveServers({ username, token }: SavedSession, servers: readonly string[]): Promise<void> {
    const session = await this.find(username);
    if (session?.token !== token) return;
    const known = await this.servers.load(username);
    await this.servers.save(username, { ...(known ?? plainText), servers });
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

  private pathOf(name: string): string | undefined {
    const file = fileNameOf(name);
    return file === undefined ? undefined : join(this.folder, file);
  }
}
