import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Http2SessionManager, createGrpcTransport } from '@connectrpc/connect-node';
import { ChatClient } from '../client/chat-client.js';
import { CliError, exitStatus } from './cli-error.js';
import { PasswordInput } from './password-input.js';
import { SessionFile } from './session-file.js';
import type { SavedSession } from './session-file.js';

export type GlobalOptions = {
  readonly server?: readonly string[];
  readonly as?: string;
  readonly json?: boolean;
};

const defaultServer = 'localhost:8888';

/** One run of a command: its options, its connections, and what it prints. */
export class CliSession {
  readonly passwords = new PasswordInput(process.stdin, process.stderr);
  readonly file: SessionFile;
  private readonly managers: Http2SessionManager[] = [];

  constructor(
    readonly options: GlobalOptions,
    private readonly env: Readonly<Record<string, string | undefined>>,
  ) {
    this.file = SessionFile.at(env);
  }

  /** A client that is logged in as nobody. */
  anonymous(): ChatClient {
    return this.client(this.servers(undefined), undefined);
  }

  /** A client of the user that the command acts as. Throws when nobody is logged in. */
  async loggedIn(): Promise<{ readonly client: ChatClient; readonly saved: SavedSession }> {
    const saved = await this.file.find(this.options.as);
    if (!saved) {
      const who = this.options.as ?? 'nobody';
      const message = `${who} is ${this.options.as ? 'not ' : ''}logged in here: holdfast login USERNAME`;
      throw new CliError(exitStatus.notLoggedIn, message);
    }
    return { client: this.client(this.servers(saved), saved.token), saved };
  }

  /** Logs in and remembers it. */
  async login(username: string, password: string): Promise<SavedSession> {
    const client = this.anonymous();
    const request = { username, password, deviceName: `holdfast on ${hostname()}`.slice(0, 64) };
    // Twice at worst leaves a session that nobody has the token of; it expires.
    const reply = await client.repeat(({ sessions }, options) => sessions.login(request, options));
    const saved = {
      username: reply.account?.username ?? username,
      accountId: reply.account?.id ?? '',
      token: reply.token,
      servers: [...new Set([client.server, ...reply.servers])],
    };
    await this.file.save(saved);
    return saved;
  }

  /** One line for people, or one object a line for programs. */
  print(line: string, json: object): void {
    process.stdout.write(`${this.options.json ? JSON.stringify(json) : line}\n`);
  }

  /** For people only. */
  note(line: string): void {
    if (!this.options.json) process.stderr.write(`${line}\n`);
  }

  close(): void {
    for (const manager of this.managers) manager.abort();
  }

  private servers(saved: SavedSession | undefined): readonly string[] {
    if (this.options.server && this.options.server.length > 0) return this.options.server;
    const named = (this.env.HOLDFAST_SERVER ?? '').split(',').filter(Boolean);
    if (named.length > 0) return named;
    return saved ? saved.servers : [defaultServer];
  }

  private client(servers: readonly string[], token: string | undefined): ChatClient {
    for (const server of servers) {
      if (!/^(\[[0-9a-f:.]+\]|[^\s:/]+):\d{1,5}$/i.test(server)) {
        throw new CliError(exitStatus.usage, `${server} is no server address: give HOST:PORT`);
      }
    }
    return new ChatClient({
      servers,
      token,
      createTransport: (server) => {
        const baseUrl = `http://${server}`;
        const sessionManager = new Http2SessionManager(baseUrl);
        this.managers.push(sessionManager);
        return createGrpcTransport({ baseUrl, sessionManager });
      },
      wait: async (milliseconds, signal) => {
        await delay(milliseconds, undefined, signal ? { signal } : {});
      },
      random: Math.random,
      newId: randomUUID,
      // A person waits for the answer.
      patience: 5_000,
    });
  }
}
