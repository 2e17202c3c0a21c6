import type { Clock } from './clock.js';
import type { Random } from './random.js';

/** Milliseconds for which a server that failed is not preferred to others. */
const memory = 30_000;

export type ServerListOptions = {
  readonly clock: Clock;
  readonly random: Random;
  /** Told when a server is learnt of, or another one has become the one that is used; that one comes first. */
  readonly onChange?: (servers: readonly string[]) => void;
};

/**
 * The servers that are known, and which one to use: always the same one while it works. One that fails is
 * left for another, chosen at random so that its clients spread over the rest, and is remembered for a
 * while. There is no way back to it: the new one is kept in turn.
 */
export class ServerList {
  private readonly servers: string[];
  private chosen: string;
  /** The one that `onChange` was told last. */
  private told: string;
  private readonly failures = new Map<string, number>();
  private readonly answers = new Map<string, number>();
  private readonly listeners = new Set<(server: string) => void>();

  /** The first one is used first. Throws when there is none. */
  constructor(
    servers: readonly string[],
    private readonly options: ServerListOptions,
  ) {
    this.servers = [...new Set(servers)];
    const [first] = this.servers;
    if (first === undefined) throw new Error('a client needs at least one server');
    this.chosen = first;
    this.told = first;
  }

  /** All that are known, the one in use first. */
  get all(): readonly string[] {
    return [this.chosen, ...this.servers.filter((server) => server !== this.chosen)];
  }

  /** There is one that has not failed lately. */
  get hope(): boolean {
    return this.servers.some((server) => !this.isFailed(server));
  }

  /** Adds those that are new; none is forgotten. */
  learn(servers: readonly string[]): void {
    const fresh = [...new Set(servers)].filter((server) => !this.servers.includes(server));
    if (fresh.length === 0) return;
    this.servers.push(...fresh);
    this.tell();
  }

  /** The server to use now. When all have failed lately: the one whose failure is longest ago. */
  pick(): string {
    if (!this.isFailed(this.chosen)) return this.chosen;
    const others = this.servers.filter((server) => !this.isFailed(server));
    const failedAt = (server: string) => this.failures.get(server) ?? 0;
    const at = Math.floor(this.options.random.fraction() * others.length);
    this.chosen = others[at] ?? this.servers.reduce((a, b) => (failedAt(b) < failedAt(a) ? b : a));
    return this.chosen;
  }

  answered(server: string): void {
    this.failures.delete(server);
    this.answers.set(server, this.options.clock.now());
    if (server === this.chosen && server !== this.told) this.tell();
  }

  failed(server: string): void {
    this.failures.set(server, this.options.clock.now());
    this.answers.delete(server);
    for (const listener of [...this.listeners]) listener(server);
  }

  /** Whether the server has answered, and not failed since, within so many milliseconds. */
  hasAnswered(server: string, lately: number): boolean {
    const at = this.answers.get(server);
    return at !== undefined && this.options.clock.now() - at <= lately;
  }

  /** Calls the listener when a server fails. Returns what ends that. */
  onFailed(listener: (server: string) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private isFailed(server: string): boolean {
    const at = this.failures.get(server);
    return at !== undefined && this.options.clock.now() - at < memory;
  }

  private tell(): void {
    this.told = this.chosen;
    this.options.onChange?.(this.all);
  }
}
