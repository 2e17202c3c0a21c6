import { hostname } from 'node:os';
import { ChatClient } from '../client/chat-client.js';
import type { Login } from '../client/chat-client.js';
import { systemClock } from '../client/clock.js';
import { Outbox } from '../client/outbox.js';
import { systemRandom } from '../client/random.js';
import type { Account, SavedSession } from '../client/types.js';
import { DraftFolder } from '../client-node/draft-folder.js';
import { GrpcTransports } from '../client-node/grpc-transports.js';
import { OutboxFolder } from '../client-node/outbox-folder.js';
import { SessionFile } from '../client-node/session-file.js';
import { stateFolder } from '../client-node/state-folder.js';
import { StreamFile } from '../client-node/stream-file.js';
import type { Logins } from '../terminal/logins.js';
import { CliError, exitStatus } from './cli-error.js';
import { PasswordInput } from './password-input.js';

export type GlobalOptions = {
  readonly server?: readonly string[];
  readonly as?: string;
  readonly json?: boolean;
};

const defaultServer = 'localhost:8888';
/** Milliseconds that a person waits for an answer. */
const patience = 5_000;

/** One run of a command: its options, its connections, and what it prints. */
export class CliSession {
  readonly passwords = new PasswordInput(process.stdin, process.stderr);
  readonly stateFolder: string;
  readonly file: SessionFile;
  private readonly transports = new GrpcTransports();
  private outboxes: Outbox[] = [];
  /** What has to be written before the command ends. */
  private writes: Promise<void>[] = [];

  constructor(
    readonly options: GlobalOptions,
    private readonly env: Readonly<Record<string, string | undefined>>,
  ) {
    this.stateFolder = stateFolder(env);
    this.file = new SessionFile(this.stateFolder);
  }

  /** A client that is logged in as nobody. */
  anonymous(): ChatClient {
    return this.client(this.given() ?? [defaultServer]);
  }

  /** A client of the user that the command acts as. Throws when nobody is logged in. */
  async loggedIn(): Promise<{ readonly client: ChatClient; readonly saved: SavedSession }> {
    const saved = await this.file.find(this.options.as);
    if (!saved) {
      const who = this.options.as ?? 'nobody';
      const login = `npx holdfast login ${this.options.as ?? 'USERNAME'}`;
      const message = `${who} is ${this.options.as ? 'not ' : ''}logged in here: ${login}`;
      throw new CliError(exitStatus.notLoggedIn, message);
    }
    return { client: this.clientOf(saved).as(saved.token), saved };
  }

  /** What the full-screen client needs of this. */
  logins(): Logins {
    return {
      stateFolder: this.stateFolder,
      wanted: this.options.as,
      deviceName: deviceName(),
      find: () => this.file.find(this.options.as),
      anonymous: (known) => (known ? this.client([...(this.given() ?? []), ...known]) : this.anonymous()),
      // Also those that were learnt of: it has to go on when the named ones die.
      clientOf: (saved) => this.keeping(saved, [...(this.given() ?? []), ...saved.servers]),
      remember: (saved) => this.file.save(saved),
      forget: ({ username }) => this.file.remove(username),
      forgetAccount: (saved) => this.forget(saved),
    };
  }

  /** After this, nothing of an account that is gone is left on this machine. */
  async forget({ username, accountId }: SavedSession): Promise<void> {
    await this.file.remove(username);
    await new OutboxFolder(this.stateFolder, accountId).clear();
    await new StreamFile(this.stateFolder, accountId).clear();
    await new DraftFolder(this.stateFolder, accountId).clear();
  }

  /** The messages of the user that wait to be sent; `start` sends them. */
  async outbox(client: ChatClient, { accountId }: SavedSession): Promise<Outbox> {
    const storage = new OutboxFolder(this.stateFolder, accountId);
    const sender = client.sender(patience);
    const outbox = await Outbox.open({ storage, sender, clock: systemClock, random: systemRandom });
    this.outboxes.push(outbox);
    return outbox;
  }

  /** Logs in and remembers it. */
  async logIn(username: string, password: string): Promise<Account> {
    const login = this.anonymous().logIn({ username, password, deviceName: deviceName() });
    return this.remember(await login);
  }

  /** Creates an account and remembers its login. */
  async signUp(username: string, password: string): Promise<Account> {
    const login = this.anonymous().signUp({ username, password, deviceName: deviceName() });
    return this.remember(await login);
  }

  /** What a person types for a further command as the same user. */
  commandLine(words: string): string {
    return `npx holdfast ${this.options.as === undefined ? '' : `--as ${this.options.as} `}${words}`;
  }

  /** One line for people, or one object a line for programs. */
  print(line: string, json: object): void {
    process.stdout.write(`${this.options.json ? JSON.stringify(json) : line}\n`);
  }

  /** For people only. */
  note(line: string): void {
    if (!this.options.json) process.stderr.write(`${line}\n`);
  }

  async close(): Promise<void> {
    this.passwords.close();
    await Promise.all(this.outboxes.map((outbox) => outbox.close()));
    this.transports.close();
    await Promise.all(this.writes);
  }

  private async remember({ account, saved }: Login): Promise<Account> {
    await this.file.save(saved);
    return account;
  }

  /** For a session, logged in as nobody yet. */
  private clientOf(saved: SavedSession): ChatClient {
    const given = this.given();
    return given ? this.client(given) : this.keeping(saved, saved.servers);
  }

  /** The next command begins with the server that works for this one. */
  private keeping(saved: SavedSession, known: readonly string[]): ChatClient {
    return this.client(known, (servers) => {
      const written = this.file.saveServers(saved, servers);
      this.writes.push(written.catch((error: unknown) => this.note(String(error))));
    });
  }

  /** The servers that the command names. */
  private given(): readonly string[] | undefined {
    if (this.options.server && this.options.server.length > 0) return this.options.server;
    const named = (this.env.HOLDFAST_SERVER ?? '').split(',').filter(Boolean);
    return named.length > 0 ? named : undefined;
  }

  private client(servers: readonly string[], onServers?: (servers: readonly string[]) => void): ChatClient {
    for (const server of servers) {
      if (!/^(\[[0-9a-f:.]+\]|[^\s:/]+):\d{1,5}$/i.test(server)) {
        throw new CliError(exitStatus.usage, `${server} is no server address: give HOST:PORT`);
      }
    }
    const createTransport = this.transports.create;
    return ChatClient.create({ servers, createTransport, addresses: 'grpc', onServers, patience });
  }
}

function deviceName(): string {
  return `holdfast on ${hostname()}`.slice(0, 64);
}
