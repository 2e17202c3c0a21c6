import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ConnectionSecurity } from './connection-security.js';
import { namesIn, readPrivateFile, removePrivateFile, writePrivateFile } from './private-file.js';
import { StateError } from './state-error.js';

/** What is used where nothing else is known. */
export const defaultServer = 'localhost:8888';

const serversSchema = z.object({
  version: z.literal(1),
  servers: z.array(z.string()).min(1),
  askTime: z.number().optional(),
  tls: z.boolean().default(false),
  ca: z.string().optional(),
});

export type KnownServers = {
  /** HOST:PORT; the one to use first comes first. At least one. */
  readonly servers: readonly string[];
  /** When a server was last asked which ones there are; milliseconds since 1970. */
  readonly askTime?: number | undefined;
} & ConnectionSecurity;

/** Which servers a user of this machine has; a file for each user. Outlives a logout. Throws StateError. */
export class ServersFile {
  private readonly folder: string;

  constructor(configFolder: string) {
    this.folder = join(configFolder, 'servers');
  }

  /** Undefined when nothing is known. */
  async load(username: string): Promise<KnownServers | undefined> {
    const path = this.pathOf(username);
    const text = path === undefined ? undefined : await readPrivateFile(path);
    if (text === undefined) return undefined;
    try {
      const { servers, askTime, tls, ca } = serversSchema.parse(JSON.parse(text));
      return { servers, askTime, tls, ca };
    } catch (cause) {
      throw new StateError(`${path} is damaged: remove it and log in again`, { cause });
    }
  }

  /** Of the user whose servers were noted last. */
  async latest(): Promise<KnownServers | undefined> {
    const names = (await namesIn(this.folder)).filter((name) => name.endsWith('.json'));
    const times = await Promise.all(names.map((name) => changeTime(join(this.folder, name))));
    const newest = names[times.indexOf(Math.max(...times))];
    return newest === undefined ? undefined : this.load(newest.slice(0, -'.json'.length));
  }

  async save(username: string, { servers, askTime, tls, ca }: KnownServers): Promise<void> {
    const path = this.pathOf(username);
    if (path === undefined) throw new StateError(`${username} is no username`);
    const record = { version: 1, servers, askTime, ...(tls && { tls, ca }) };
    await writePrivateFile(path, `${JSON.stringify(record, null, 2)}\n`);
  }

  async remove(username: string): Promise<void> {
    const path = this.pathOf(username);
    if (path !== undefined) await removePrivateFile(path);
  }

  private pathOf(username: string): string | undefined {
    const name = fileNameOf(username);
    return name === undefined ? undefined : join(this.folder, name);
  }
}

/** In milliseconds; the beginning of time for one that has just gone. */
async function changeTime(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found?.mtimeMs ?? 0;
}

/** The name of a file for what is one user's; undefined for what is no username, and might be a path. */
export function fileNameOf(username: string): string | undefined {
  const name = username.toLowerCase();
  return /^[a-z0-9._-]{1,32}$/.test(name) ? `${name}.json` : undefined;
}
