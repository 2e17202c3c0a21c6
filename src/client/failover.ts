import { createClient } from '@connectrpc/connect';
import type { CallOptions, Client, Transport } from '@connectrpc/connect';
import { AccountService } from '../api/holdfast/v1/account_pb.js';
import { ClusterService } from '../api/holdfast/v1/cluster_pb.js';
import { ConversationService } from '../api/holdfast/v1/conversation_pb.js';
import { MessageService } from '../api/holdfast/v1/message_pb.js';
import { SessionService } from '../api/holdfast/v1/session_pb.js';
import { askedDelay, backOff } from './back-off.js';
import { ClientError } from './client-error.js';
import type { Clock } from './clock.js';
import type { Random } from './random.js';
import { ServerDiscovery } from './server-discovery.js';
import type { AddressKind } from './server-discovery.js';
import type { ServerList } from './server-list.js';
import { within } from './within.js';

export type FailoverParts = {
  readonly servers: ServerList;
  readonly createTransport: (server: string) => Transport;
  /** Which addresses it takes. */
  readonly addresses: AddressKind;
  readonly clock: Clock;
  readonly random: Random;
};

export type Services = {
  readonly accounts: Client<typeof AccountService>;
  readonly sessions: Client<typeof SessionService>;
  readonly conversations: Client<typeof ConversationService>;
  readonly messages: Client<typeof MessageService>;
  readonly cluster: Client<typeof ClusterService>;
};

/** A call on one server; the options carry the token and a signal. */
export type ServerCall<T> = (services: Services, options: CallOptions) => Promise<T>;

export type CallRules = {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which no further attempt begins, unless on a server that was not tried yet. */
  readonly patience?: number | undefined;
  /** Milliseconds that one attempt may take. Before a long one, the server has to show that it is alive. */
  readonly deadline?: number | undefined;
};

const defaultPatience = 15_000;
/** For calls that are cheap to make elsewhere. It grows: where all are slow, waiting longer helps. */
const quickDeadline = 3_000;
/** For calls that must not be made twice, and so can't be taken elsewhere. */
const slowDeadline = 30_000;
const probeDeadline = 2_000;
/** Milliseconds for which an answer shows that a server is alive. */
const alive = 5_000;
const pauses = { first: 100, longest: 2_000 };

/** Calls on whichever server answers. Its methods throw ClientError; or the signal's reason, when it aborts. */
export class Failover {
  /** What keeps the list of servers up to date. */
  readonly discovery = new ServerDiscovery(this);
  private readonly services = new Map<string, Services>();

  constructor(
    readonly parts: FailoverParts,
    private readonly options: {
      readonly token?: string | undefined;
      /** Told when a server no longer takes the token. */
      readonly onSessionOver?: ((error: ClientError) => void) | undefined;
      /** Default: 15,000. */
      readonly patience?: number | undefined;
    } = {},
  ) {}

  /** For a call that changes nothing, or that has the same outcome when it is made twice. */
  async repeat<T>(call: ServerCall<T>, rules: CallRules = {}): Promise<T> {
    const { deadline = quickDeadline, signal } = rules;
    const { servers } = this.parts;
    return this.attempts(
      rules,
      async (server, round) => {
        // Where there is no other server to go to, nothing is gained by knowing early.
        if (deadline > quickDeadline && servers.all.length > 1) await this.probe(server, signal);
        return this.attempt(server, deadline * 2 ** Math.min(round, 2), signal, call);
      },
      (error) => error.worthRepeating,
    );
  }

  /** For any other call: made again, here or elsewhere, only when nothing was done. */
  async once<T>(call: ServerCall<T>, rules: CallRules = {}): Promise<T> {
    const { deadline = slowDeadline, signal } = rules;
    let begun = false;
    return this.attempts(
      rules,
      async (server) => {
        begun = false;
        await this.probe(server, signal);
        begun = true;
        return this.attempt(server, deadline, signal, call);
      },
      (error) => (begun ? error.nothingDone : error.worthRepeating),
    );
  }

  /** The typed clients of one server. */
  on(server: string): Services {
    const known = this.services.get(server);
    if (known) return known;
    const transport = this.parts.createTransport(server);
    const services = {
      accounts: createClient(AccountService, transport),
      sessions: createClient(SessionService, transport),
      conversations: createClient(ConversationService, transport),
      messages: createClient(MessageService, transport),
      cluster: createClient(ClusterService, transport),
    };
    this.services.set(server, services);
    return services;
  }

  /** What a call has to carry beside its request. */
  get headers(): Record<string, string> {
    const { token } = this.options;
    return token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** What an error on a server means; remembered, as far as it says something about the server or the token. */
  judged(server: string, cause: unknown, signal: AbortSignal | undefined): ClientError {
    if (signal?.aborted) throw signal.reason;
    const error = ClientError.from(cause);
    if (error.serverFailed) this.parts.servers.failed(server);
    else this.parts.servers.answered(server);
    if (error.sessionOver && this.options.token !== undefined) this.options.onSessionOver?.(error);
    return error;
  }

  private async attempts<T>(
    { signal, patience = this.options.patience ?? defaultPatience }: CallRules,
    attempt: (server: string, round: number) => Promise<T>,
    mayRepeat: (error: ClientError) => boolean,
  ): Promise<T> {
    const { servers, clock, random } = this.parts;
    const end = clock.now() + patience;
    for (let round = 0, left = servers.all.length; ;) {
      const server = servers.pick();
      try {
        const result = await attempt(server, round);
        servers.answered(server);
        return result;
      } catch (cause) {
        const error = this.judged(server, cause, signal);
        if (!mayRepeat(error)) throw error;
        left -= 1;
        if (error.serverFailed && servers.hope && left > 0) continue;
        const pause =
          error.retryDelay === undefined
            ? backOff(round, pauses, random)
            : askedDelay(error.retryDelay, random);
        if (clock.now() + pause > end) throw error;
        await clock.wait(pause, signal);
        signal?.throwIfAborted();
        round += 1;
        left = servers.all.length;
      }
    }
  }

  private async attempt<T>(
    server: string,
    limit: number,
    outer: AbortSignal | undefined,
    call: ServerCall<T>,
  ): Promise<T> {
    return within(this.parts.clock, limit, outer, (signal) =>
      call(this.on(server), { headers: this.headers, signal }),
    );
  }

  /**
   * Asks a server that has not answered lately something harmless: a long call on one that hangs would be
   * noticed late. Throws when it does not answer, or says that it can't serve.
   */
  private async probe(server: string, signal: AbortSignal | undefined): Promise<void> {
    if (this.parts.servers.hasAnswered(server, alive)) return;
    try {
      await this.attempt(server, probeDeadline, signal, ({ sessions }, options) =>
        sessions.listSessions({}, options),
      );
    } catch (cause) {
      if (signal?.aborted || ClientError.from(cause).serverFailed) throw cause;
      // A refusal is an answer too.
    }
  }
}
