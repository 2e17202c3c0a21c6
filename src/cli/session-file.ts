import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { CliError, exitStatus } from './cli-error.js';

const sessionSchema = z.object({
  username: z.string(),
  accountId: z.string(),
  token: z.string(),
  servers: z.array(z.string()),
});
const fileSchema = z.object({
  version: z.literal(1),
  /** Username that commands act as, folded. */
  current: z.string().nullable(),
  sessions: z.record(z.string(), sessionSchema),
});

export type SavedSession = z.infer<typeof sessionSchema>;
type Saved = z.infer<typeof fileSchema>;

const empty: Saved = { version: 1, current: null, sessions: {} };

/** Who is logged in on this machine, in a file that only its owner can read. */
export class SessionFile {
  private readonly path: string;

  constructor(private readonly folder: string) {
    this.path = join(folder, 'sessions.json');
  }

  /** In HOLDFAST_HOME, else in the XDG state folder. */
  static at(env: Readonly<Record<string, string | undefined>>): SessionFile {
    // An empty variable counts as none.
    const given = (name: string) => (env[name] === '' ? undefined : env[name]);
    const state = given('XDG_STATE_HOME') ?? join(homedir(), '.local', 'state');
    return new SessionFile(given('HOLDFAST_HOME') ?? join(state, 'holdfast'));
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
    await this.store({ ...saved, current: name, sessions: { ...saved.sessions, [name]: session } });
  }

  async remove(username: string): Promise<void> {
    const { current, sessions } = await this.load();
    const name = username.toLowerCase();
    const rest = Object.fromEntries(Object.entries(sessions).filter(([key]) => key !== name));
    await this.store({ ...empty, current: current === name ? null : current, sessions: rest });
  }

  private async load(): Promise<Saved> {
    let text;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return empty;
      throw new CliError(exitStatus.refused, `${this.path} can not be read: ${String(cause)}`, { cause });
    }
    try {
      return fileSchema.parse(JSON.parse(text));
    } catch (cause) {
      const advice = 'remove it and log in again';
      throw new CliError(exitStatus.refused, `${this.path} is damaged: ${advice}`, { cause });
    }
  }

  private async store(saved: Saved): Promise<void> {
    const temporary = `${this.path}.${process.pid}`;
    try {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      await chmod(this.folder, 0o700);
      await writeFile(temporary, `${JSON.stringify(saved, null, 2)}\n`, { mode: 0o600 });
      await rename(temporary, this.path);
    } catch (cause) {
      await rm(temporary, { force: true });
      throw new CliError(exitStatus.refused, `${this.path} can not be written: ${String(cause)}`, { cause });
    }
  }
}
