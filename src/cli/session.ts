import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { ChatClient } from '../client/chat-client.js';
import type { Login } from '../client/chat-client.js';
import { systemClock } from '../client/clock.js';
import { Outbox } from '../client/outbox.js';
import { printable } from '../client/printable.js';
import { systemRandom } from '../client/random.js';
import type { Account, SavedSession, SessionIdentity } from '../client/types.js';
import { chooseSecurity, parseServer, plainText } from '../client-node/connection-security.js';
import type { NamedServer } from '../client-node/connection-security.js';
import { DraftFolder } from '../client-node/draft-folder.js';
import { GrpcTransports } from '../client-node/grpc-transports.js';
import { OutboxFolder } from '../client-node/outbox-folder.js';
import { defaultServer } from '../client-node/servers-file.js';
import type { KnownServers } from '../client-node/servers-file.js';
import { SessionFile } from '../client-node/session-file.js';
import { configFolder, stateFolder } from '../client-node/state-folder.js';
import { StreamFile } from '../client-node/stream-file.js';
import type { Logins } from '../terminal/logins.js';
import { CliError, exitStatus } from './cli-error.js';
import { jsonLine } from './json-line.js';
import { nearest } from './near-names.js';
import { PasswordInput } from './password-input.js';

export type GlobalOptions = {
  readonly server?: readonly string[] | undefined;
  readonly ca?: string | undefined;
  readonly as?: string | undefined;
  readonly json?: boolean;
};

/** Milliseconds that a person waits for an answer. */
const patience = 5_000;
/** Milliseconds after which a command asks which servers there are. */
const askEvery = 3_600_000;
const askPatience = 2_000;

/** One run of a command: its options, its connections, and what it prints. */
export class CliSession {
  readonly passwords = new PasswordInput(process.stdin, process.stderr);
  readonly stateFolder: string;
  readonly file: SessionFile;
  /** The one that the command uses. */
  client: ChatClient | undefined;
  private readonly transports = new GrpcTransports();
  /** How the servers are spoken to. */
  private security = plainText;
  private trusted: Buffer | undefined;
  private saved: SavedSession | undefined;
  private outboxes: Outbox[] = [];
  /** What has to be written before the command ends, one after the other. */
  private written: Promise<void> = Promise.resolve();

  constructor(
    readonly options: GlobalOptions,
    private readonly env: Readonly<Record<string, string | undefined>>,
  ) {
    this.stateFolder = stateFolder(env);
    this.file = new SessionFile(this.stateFolder, configFolder(env));
  }

  /** Who the command acts as, when it is said. */
  get as(): string | undefined {
    return this.options.as ?? this.variable('HOLDFAST_AS');
  }

  /** The addresses that the command has, the one in use first. */
  get triedServers(): readonly string[] {
    return this.client?.servers ?? [];
  }

  /** A client of the user that the command acts as. Throws when nobody is logged in. */
  async loggedIn(): Promise<{ readonly client: ChatClient; readonly saved: SavedSession }> {
    const saved = await this.file.find(this.as);
    if (!saved) throw await this.notLoggedIn();
    this.saved = saved;
    await this.secure(await this.file.servers.load(saved.username));
    const given = this.given();
    const client = given ? this.connect(given) : this.keeping(saved, saved.servers);
    this.client = client.as(saved.token);
    return { client: this.client, saved };
  }

  /**
   * Asks which servers there are, when a command of this user has not done that for an hour: so that whoever is
   * logged in for long knows the nodes that have taken the place of dead ones. What it can't find out, it leaves.
   */
  async learnServers(): Promise<void> {
    const { client, saved } = this;
    if (!client || !saved || this.given()) return;
    const { servers } = this.file;
    const due = { now: false };
    this.write(async () => {
      const known = await servers.load(saved.username);
      due.now = known !== undefined && Date.now() - (known.askTime ?? 0) >= askEvery;
      if (known && due.now) await servers.save(saved.username, { ...known, askTime: Date.now() });
    });
    await this.written;
    if (!due.now) return;
    await askServers(client);
  }

  /** What the full-screen client needs of this. */
  async logins(): Promise<Logins> {
    const given = this.given() ?? [];
    const latest = await this.file.servers.latest();
    const fallback = given.length > 0 ? [] : (latest?.servers ?? [defaultServer]);
    await this.secure(this.relevant(latest));
    return {
      stateFolder: this.stateFolder,
      wanted: this.as,
      deviceName: deviceName(),
      find: () => this.file.find(this.as),
      anonymous: (known) => this.connect([...given, ...(known ?? fallback)]),
      // Also those that were learnt of: it has to go on when the named ones die.
      clientOf: async (saved) => {
        await this.secure(await this.file.servers.load(saved.username));
        return this.keeping(saved, [...given, ...saved.servers]);
      },
      remember: (saved) => this.file.save(saved, this.security),
      forget: (saved) => this.logOut(saved),
      forgetAccount: (saved) => this.forget(saved),
    };
  }

  /** The session has ended; its user's servers stay known. */
  async logOut({ username }: SessionIdentity): Promise<void> {
    await this.file.remove(username);
    this.saved = undefined;
  }

  /** After this, nothing of an account that is gone is left on this machine. */
  async forget(saved: SessionIdentity): Promise<void> {
    const { username, accountId } = saved;
    await this.logOut(saved);
    await this.file.servers.remove(username);
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
    const client = await this.anonymous(username);
    return this.remember(client, await client.logIn({ username, password, deviceName: deviceName() }));
  }

  /** Creates an account and remembers its login. */
  async signUp(username: string, password: string): Promise<Account> {
    const client = await this.anonymous(username);
    return this.remember(client, await client.signUp({ username, password, deviceName: deviceName() }));
  }

  /** With what a command that is run by this one needs to act as the same user, at the same servers. */
  childEnvironment({ username }: SavedSession): Readonly<Record<string, string | undefined>> {
    const named = this.named();
    const servers = named.length > 0 ? { HOLDFAST_SERVER: named.join(',') } : {};
    const { ca } = this;
    return { ...this.env, HOLDFAST_AS: username, ...servers, ...(ca !== undefined && { HOLDFAST_CA: ca }) };
  }

  /** What a person types for a further command as the same user. */
  commandLine(words: string): string {
    return `npx holdfast ${this.options.as === undefined ? '' : `--as ${this.options.as} `}${words}`;
  }

  /** One line for people, or one object a line for programs. */
  print(line: string, json: object): void {
    process.stdout.write(`${this.options.json ? jsonLine(json) : line}\n`);
  }

  /** The same; resolves once whoever reads it has been given it. Ends the program when nobody reads any more. */
  async deliver(line: string, json: object): Promise<void> {
    this.print(line, json);
    await this.delivered();
  }

  /** Resolves once whoever reads it has been given all that was printed; never, when nobody reads any more. */
  async delivered(): Promise<void> {
    await new Promise<void>((resolve) => {
      // After an error standard output ends the program, so that what was not read does not count as read.
      process.stdout.write('', (error) => (error ? undefined : resolve()));
    });
  }

  /** Says that a list goes on, and with which words. */
  more(words: string, page: string): void {
    if (page === '') return;
    if (this.options.json) process.stderr.write(`${jsonLine({ next_page: page })}\n`);
    else this.note(`More: ${this.commandLine(`${words} --page ${printable(page)}`)}`);
  }

  /** For people only. */
  note(line: string): void {
    if (!this.options.json) process.stderr.write(`${line}\n`);
  }

  async close(): Promise<void> {
    this.passwords.close();
    await Promise.all(this.outboxes.map((outbox) => outbox.close()));
    this.transports.close();
    await this.written;
  }

  private async remember(client: ChatClient, { account, saved }: Login): Promise<Account> {
    await this.file.save(saved, this.security);
    // A node that has just started may have told of itself alone.
    await askServers(client.as(saved.token));
    const { servers } = client;
    await this.file.servers.save(saved.username, { ...this.security, servers, askTime: Date.now() });
    return account;
  }

  /** A client that is logged in as nobody. */
  private async anonymous(username: string): Promise<ChatClient> {
    const given = this.given();
    const known = await this.file.serversFor(username);
    await this.secure(this.relevant(known));
    this.client = this.connect(given ?? known?.servers ?? [defaultServer]);
    return this.client;
  }

  private async notLoggedIn(): Promise<CliError> {
    const { as } = this;
    const names = await this.file.names();
    const refuse = (message: string, suggestions: readonly string[], hint: string) => {
      const help = suggestions.length === 0 ? {} : { hint, details: { suggestions } };
      return new CliError(exitStatus.notLoggedIn, message, help);
    };
    if (as === undefined) {
      const message = 'nobody is logged in here: npx holdfast login USERNAME';
      return refuse(message, names, `Or say who to be, with --as: ${names.join(', ')}.`);
    }
    const near = nearest(as, names);
    const message = `${as} is not logged in here: npx holdfast login ${as}`;
    return refuse(message, near, `Did you mean ${near.join(' or ')}?`);
  }

  /** For a session, logged in as nobody yet. The next command begins with the server that works for this one. */
  private keeping(saved: SavedSession, known: readonly string[]): ChatClient {
    return this.connect(known, (servers) => {
      this.write(() => this.file.saveServers(saved, servers));
    });
  }

  private write(action: () => Promise<void>): void {
    this.written = this.written.then(action).catch((error: unknown) => this.note(String(error)));
  }

  /** The servers that the command names. */
  private given(): readonly string[] | undefined {
    const servers = this.namedServers();
    return servers.length > 0 ? servers.map(({ address }) => address) : undefined;
  }

  private namedServers(): readonly NamedServer[] {
    return this.named().map((text) => {
      const server = parseServer(text);
      if (server) return server;
      const message = `${text} is no server address: give HOST:PORT or https://HOST:PORT`;
      throw new CliError(exitStatus.usage, message);
    });
  }

  /** As they were named. */
  private named(): readonly string[] {
    const { server = [] } = this.options;
    return server.length > 0 ? server : (this.variable('HOLDFAST_SERVER') ?? '').split(',').filter(Boolean);
  }

  /** Absolute path of the authorities that the command names. */
  private get ca(): string | undefined {
    const path = this.options.ca ?? this.variable('HOLDFAST_CA');
    return path === undefined ? undefined : resolve(path);
  }

  /** What is known of others' servers says nothing about the ones that are named, unless they are the same. */
  private relevant(known: KnownServers | undefined): KnownServers | undefined {
    const given = this.given();
    return !given || given.some((server) => known?.servers.includes(server)) ? known : undefined;
  }

  /** Finds out how to speak to the servers. */
  private async secure(known: KnownServers | undefined): Promise<void> {
    const security = chooseSecurity(this.namedServers(), this.ca, known);
    if (!security) {
      const message = 'either all servers are named with https:// or none is, and --ca is for https:// alone';
      throw new CliError(exitStatus.usage, message);
    }
    const { ca } = security;
    this.trusted = ca === undefined ? undefined : await readAuthorities(ca);
    this.security = security;
  }

  /** Of the environment; an empty one counts as none. */
  private variable(name: string): string | undefined {
    return this.env[name] === '' ? undefined : this.env[name];
  }

  private connect(servers: readonly string[], onServers?: (servers: readonly string[]) => void): ChatClient {
    const { transports, security, trusted } = this;
    const createTransport = security.tls ? transports.secure({ ca: trusted }) : transports.create;
    return ChatClient.create({ servers, createTransport, addresses: 'grpc', onServers, patience });
  }
}

/** What a server tells of others, the client knows then. What can't be found out now is left. */
async function askServers(client: ChatClient): Promise<void> {
  await client.status({ signal: AbortSignal.timeout(askPatience), patience: 0 }).catch(() => undefined);
}

async function readAuthorities(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `the certificate of the authority can not be read: ${reason}`;
    throw new CliError(exitStatus.usage, message, { cause, hint: 'Name another one with --ca FILE.' });
  }
}

function deviceName(): string {
  return `holdfast on ${hostname()}`.slice(0, 64);
}
