import { ChatError } from '../chat/chat-error.js';
import type { Reason } from '../chat/chat-error.js';
import { RateLimit } from '../chat/rate-limit.js';
import type { Rate } from '../chat/rate-limit.js';
import type { Caller, Time } from '../chat/types.js';
import { CallMemory } from './call-memory.js';
import { networkOf } from './client-address.js';
import type { LimitsConfig } from './limits-config.js';

/** Milliseconds until a subscription that is one too many is worth another try. */
const streamsRetry = 10_000;
/** Lists of one account at a time, and milliseconds until another one is worth a try. */
const maxLists = 8;
const listRetry = 1_000;

/** Holds callers to what one may take of this server. Its methods throw RESOURCE_EXHAUSTED with a delay. */
export class CallLimits {
  private readonly calls: RateLimit | undefined;
  private readonly sends: RateLimit | undefined;
  private readonly sentBytes: RateLimit | undefined;
  private readonly creations: RateLimit | undefined;
  private readonly logins: RateLimit | undefined;
  private readonly lists = new Open();
  private readonly streams = new Open();
  private readonly connections = new Open();

  constructor(
    private readonly config: LimitsConfig,
    now: () => Time,
    /** Of all calls together. */
    readonly memory = new CallMemory(),
  ) {
    const limit = (rate: Rate | undefined) => rate && new RateLimit(rate, now);
    this.calls = limit(config.calls);
    this.sends = limit(config.sends);
    this.sentBytes = limit(config.sentBytes);
    this.creations = limit(config.accountCreations);
    this.logins = limit(config.failedLogins);
  }

  /** Milliseconds after which a subscriber that takes nothing is cut off. */
  get slowReader(): number {
    return this.config.slowReader;
  }

  /** Open ones, on the whole server. */
  get open(): { readonly subscriptions: number; readonly connections: number } {
    return { subscriptions: this.streams.total, connections: this.connections.total };
  }

  /** Throws CALLS_TOO_MANY. */
  call(sessionId: string): void {
    take(this.calls, sessionId, 'CALLS_TOO_MANY');
  }

  /** `bytes`: of the text. One message may go over what is left of them. Throws SENDS_TOO_MANY. */
  send({ sessionId, accountId }: Pick<Caller, 'sessionId' | 'accountId'>, bytes: number): void {
    require(this.sentBytes, accountId, 'SENDS_TOO_MANY');
    take(this.sends, sessionId, 'SENDS_TOO_MANY');
    this.sentBytes?.take(accountId, bytes);
  }

  /** Throws ACCOUNTS_TOO_MANY. */
  creation(address: string): void {
    take(this.creations, networkOf(address), 'ACCOUNTS_TOO_MANY');
  }

  /**
   * Lets an account have a few lists at a time: of names, or of all its conversations, they cost the node much. Throws
   * CALLS_TOO_MANY.
   */
  async list<T>(accountId: string, act: () => Promise<T>): Promise<T> {
    if (this.lists.of(accountId) >= maxLists)
      throw new ChatError('CALLS_TOO_MANY', { retryDelay: listRetry });
    const end = this.lists.add(accountId);
    try {
      return await act();
    } finally {
      end();
    }
  }

  /** Only what fails is counted, as many people may be behind one address. Throws LOGINS_TOO_MANY. */
  async login<T>(address: string, act: () => Promise<T>): Promise<T> {
    const network = networkOf(address);
    require(this.logins, network, 'LOGINS_TOO_MANY');
    try {
      return await act();
    } catch (error) {
      if (error instanceof ChatError && error.reason === 'CREDENTIALS_WRONG') this.logins?.take(network);
      throw error;
    }
  }

  /**
   * `network`: undefined where it stands for many. Returns what ends the connection; undefined when there are too many.
   */
  connection(network: string | undefined): (() => void) | undefined {
    const { addressConnections = Infinity, connections = Infinity } = this.config;
    if (this.connections.total >= connections) return undefined;
    if (network === undefined) return this.connections.add('');
    return this.connections.of(network) < addressConnections ? this.connections.add(network) : undefined;
  }

  /** Returns what ends the subscription. Throws STREAMS_TOO_MANY or SUBSCRIPTIONS_TOO_MANY. */
  subscription(sessionId: string): () => void {
    const { sessionStreams = Infinity, streams = Infinity } = this.config;
    const own = this.streams.of(sessionId) >= sessionStreams;
    if (own) throw new ChatError('STREAMS_TOO_MANY', { retryDelay: streamsRetry });
    if (this.streams.total >= streams) {
      throw new ChatError('SUBSCRIPTIONS_TOO_MANY', { retryDelay: streamsRetry });
    }
    return this.streams.add(sessionId);
  }
}

/** How many of something are open, by whose they are. */
class Open {
  private readonly counts = new Map<string, number>();
  total = 0;

  of(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  /** Returns what takes it away again, once. */
  add(name: string): () => void {
    this.counts.set(name, this.of(name) + 1);
    this.total += 1;
    return () => {
      const left = this.of(name) - 1;
      if (left > 0) this.counts.set(name, left);
      else this.counts.delete(name);
      this.total -= 1;
    };
  }
}

function take(limit: RateLimit | undefined, name: string, reason: Reason): void {
  require(limit, name, reason);
  limit?.take(name);
}

function require(limit: RateLimit | undefined, name: string, reason: Reason): void {
  const retryDelay = Math.ceil(limit?.delay(name) ?? 0);
  if (retryDelay > 0) throw new ChatError(reason, { retryDelay });
}
