import { join } from 'node:path';
import { z } from 'zod';
import type { SavedSession } from '../client/types.js';
import { readPrivateFile, writePrivateFile } from './private-file.js';
import { StateError } from './state-error.js';

const sessionSchema = z.object({
  username: z.string(),
  accountId: z.string(),
  token: z.string(),
  servers: z.array(z.string()).min(1),
});
const fileSchema = z.object({
  version: z.literal(1),
  /** Username that commands act as, folded. */
  current: z.string().nullable(),
  sessions: z.record(z.string(), sessionSchema),
});

type Saved = z.infer<typeof fileSchema>;

const empty: Saved = { version: 1, current: null, sessions: {} };

/** Who is logged in on this machine, in a file that only its owner can read. Throws StateError. */
export class SessionFile {
  private readonly path: string;

  constructor(stateFolder: string) {
    this.path = join(stateFolder, 'sessions.json');
  }

  /** The session of that user, or the current one. */
  async find(username: string | undefined): Promise<SavedSession | undefined> {
    const saved = await this.load();
    const name = username?.toLowerCase() ?? saved.current;
    return name === null ? undefined : saved.sessions[name];
  }

  /** Keeps the session and makes its user the current one. */
  async save(session: SavedSession): Promise<void> {
    const saved = await this.load();
    const name = session.username.toLowerCase();
    await this.store({ ...saved, current: name, sessions: { ...saved.sessions, [name]: copy(session) } });
  }

  /** Keeps which servers there are, for a session that is still the one that is kept. */
  async saveServers({ username, token }: SavedSession, servers: readonly string[]): Promise<void> {
    const saved = await this.load();
    const name = username.toLowerCase();
    const session = saved.sessions[name];
    if (session?.token !== token) return;
    await this.store({
      ...saved,
      sessions: { ...saved.sessions, [name]: { ...session, servers: [...servers] } },
    });
  }

  async remove(username: string): Promise<void> {
    const { current, sessions } = await this.load();
    const name = username.toLowerCase();
    const rest = Object.fromEntries(Object.entries(sessions).filter(([key]) => key !== name));
    await this.store({ ...empty, current: current === name ? null : current, sessions: rest });
  }

  private async load(): Promise<Saved> {
    const text = await readPrivateFile(this.path);
    if (text === undefined) return empty;
    try {
      return fileSchema.parse(JSON.parse(text));
    } catch (cause) {
      throw new StateError(`${this.path} is damaged: remove it and log in again`, { cause });
    }
  }

  private async store(saved: Saved): Promise<void> {
    await writePrivateFile(this.path, `${JSON.stringify(saved, null, 2)}\n`);
  }
}

function copy({ username, accountId, token, servers }: SavedSession) {
  return { username, accountId, token, servers: [...servers] };
}
