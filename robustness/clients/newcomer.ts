import type { Random } from '../random.js';
import { nextPage } from './caller.js';
import type { Caller, Login, PageOf } from './caller.js';
import type { NodeChoice } from './node-choice.js';

const weights = {
  create: 22,
  login: 16,
  get: 26,
  list: 12,
  changePassword: 5,
  deleteAccount: 9,
  send: 10,
};

/** Names that are fought for at a time. */
const names = 3;
/** Milliseconds until other names are taken. */
const epoch = 12_000;

/** Somebody who creates accounts under names that others want too, uses them, and deletes them again. */
export class Newcomer {
  /** The newest password that this one has given to a name. */
  private readonly passwords = new Map<string, string>();
  private readonly logins = new Map<string, Login>();
  private login: Login | undefined;
  private count = 0;

  constructor(
    private readonly caller: Caller,
    /** Somebody who is there all the time, to look with. */
    private readonly observer: { readonly username: string; readonly password: string },
    private readonly peers: readonly string[],
    private readonly nodes: NodeChoice,
    private readonly random: Random,
    private readonly began = performance.now(),
  ) {}

  async act(): Promise<void> {
    const { username, password } = this.observer;
    this.login ??= await this.caller.login(this.nodes.patient(), username, password);
    if (!this.login) return this.nodes.move();
    const era = Math.floor((performance.now() - this.began) / epoch);
    const name = `n${era}-${this.random.int(0, names)}`;
    switch (this.random.weighted(weights)) {
      case 'create':
        return this.create(name);
      case 'login':
        return this.logIn(name);
      case 'get':
        return this.judge(
          await this.caller.getAccount(this.nodes.next(), this.login, spelled(name, this.random)),
        );
      case 'list':
        return this.list(this.login, `n${era}-*`);
      case 'changePassword':
        return this.changePassword(name);
      case 'deleteAccount':
        return this.delete(name);
      case 'send':
        return this.send(name);
    }
  }

  private judge({ outcome, reason }: { readonly outcome: string; readonly reason: string }): void {
    if (outcome === 'unknown' || reason === 'NOT_CONNECTED' || reason === 'STORE_UNAVAILABLE')
      this.nodes.failed();
    if (reason === 'SESSION_ENDED') this.login = undefined;
  }

  private newPassword(): string {
    this.count += 1;
    return `password ${this.caller.name} ${this.count}`;
  }

  private async create(name: string): Promise<void> {
    const password = this.newPassword();
    // Upper and lower case are the same name.
    const way = this.random.chance(0.5) ? this.nodes.patient() : this.nodes.next();
    const ended = await this.caller.createAccount(way, spelled(name, this.random), password);
    this.judge(ended);
    if (ended.outcome !== 'refused') this.passwords.set(name, password);
    if (ended.outcome === 'ok' && this.random.chance(0.7)) await this.logIn(name);
  }

  private async logIn(name: string): Promise<void> {
    const own = this.passwords.get(name);
    // Too many wrong ones are refused, whoever they come from.
    if (own === undefined && this.random.chance(0.8)) return;
    const password = own ?? 'password of nobody';
    const login = await this.caller.login(this.nodes.next(), name, password);
    if (login) this.logins.set(name, login);
  }

  private async list(login: Login, pattern: string): Promise<void> {
    const size = this.random.int(1, 4);
    let page: PageOf | undefined = this.caller.firstPage();
    while (page) {
      const ended = await this.caller.listAccounts(this.nodes.next(), login, pattern, size, page);
      this.judge(ended);
      const token = ended.reply?.nextPageToken ?? '';
      page = token === '' ? undefined : nextPage(page, token);
    }
  }

  private async changePassword(name: string): Promise<void> {
    const login = this.logins.get(name);
    const oldPassword = this.passwords.get(name);
    if (!login || oldPassword === undefined) return this.logIn(name);
    const newPassword = this.newPassword();
    const change = { username: name, oldPassword, newPassword };
    const ended = await this.caller.changePassword(this.nodes.next(), login, change);
    if (ended.outcome !== 'refused') this.passwords.set(name, newPassword);
    this.forget(name, ended.reason);
  }

  private async delete(name: string): Promise<void> {
    const login = this.logins.get(name);
    const password = this.passwords.get(name);
    if (!login || password === undefined) return this.logIn(name);
    const ended = await this.caller.deleteAccount(this.nodes.next(), login, name, password);
    if (ended.outcome === 'refused') return this.forget(name, ended.reason);
    // What is left of it is tried, and must be refused.
    await this.caller.listSessions(this.nodes.next(), login);
    this.logins.delete(name);
  }

  private async send(name: string): Promise<void> {
    const login = this.logins.get(name);
    if (!login) return this.logIn(name);
    this.count += 1;
    const clientMessageId = `${this.caller.name}-${this.count}`;
    const message = { to: this.random.pick(this.peers), text: `text of ${clientMessageId}`, clientMessageId };
    const ended = await this.caller.send(this.nodes.next(), login, message);
    this.forget(name, ended.reason);
  }

  private forget(name: string, reason: string): void {
    if (reason === 'SESSION_ENDED') this.logins.delete(name);
  }
}

function spelled(name: string, random: Random): string {
  return random.chance(0.3) ? name.toUpperCase() : name;
}
