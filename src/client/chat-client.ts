import { createClient } from '@connectrpc/connect';
import type { CallOptions, Client, Transport } from '@connectrpc/connect';
import { AccountService } from '../api/holdfast/v1/account_pb.js';
import type { Message } from '../api/holdfast/v1/conversation_pb.js';
import { ConversationService } from '../api/holdfast/v1/conversation_pb.js';
import { MessageService } from '../api/holdfast/v1/message_pb.js';
import type { SubscribeResponse } from '../api/holdfast/v1/message_pb.js';
import { SessionService } from '../api/holdfast/v1/session_pb.js';
import { ClientError } from './client-error.js';

export type ChatClientOptions = {
  /** Tried in turn, the first one first; at least one. */
  readonly servers: readonly string[];
  readonly createTransport: (server: string) => Transport;
  readonly token?: string | undefined;
  /** Resolves after that many milliseconds, or rejects when the signal aborts. */
  readonly wait: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** Like Math.random. */
  readonly random: () => number;
  /** A name that was never used before. */
  readonly newId: () => string;
  /** Milliseconds that a call goes on trying. Default: 15,000. */
  readonly patience?: number;
};

export type Services = {
  readonly accounts: Client<typeof AccountService>;
  readonly sessions: Client<typeof SessionService>;
  readonly conversations: Client<typeof ConversationService>;
  readonly messages: Client<typeof MessageService>;
};

export type SendRequest = {
  readonly target:
    | { readonly case: 'username'; readonly value: string }
    | { readonly case: 'conversationId'; readonly value: string };
  readonly text: string;
  /** Default: a new one. */
  readonly clientMessageId?: string;
  readonly knownSeq?: bigint;
};

/** Tells a person what goes on with a stream. */
export type ConnectionState = 'connected' | 'reconnecting';

const firstDelay = 100;
const longestDelay = 2_000;
/** A stream that is silent for longer than this, in milliseconds, is taken for dead. */
const silence = 45_000;

/** Calls on whichever server answers. Throws ClientError. */
export class ChatClient {
  private current = 0;
  private readonly services = new Map<string, Services>();

  constructor(private readonly options: ChatClientOptions) {
    if (options.servers.length === 0) throw new Error('a client needs at least one server');
  }

  /** The server that calls go to first. */
  get server(): string {
    const { servers } = this.options;
    return servers[this.current % servers.length] ?? '';
  }

  /** For a call that changes nothing, or that has the same outcome when it is made twice. */
  async repeat<T>(call: (services: Services, options: CallOptions) => Promise<T>): Promise<T> {
    return this.attempt(call, (error) => error.worthRepeating);
  }

  /** For any other call: tried elsewhere only when nothing was done. */
  async once<T>(call: (services: Services, options: CallOptions) => Promise<T>): Promise<T> {
    return this.attempt(call, (error) => error.nothingDone);
  }

  /** Stored exactly once, however often a broken connection makes the client send it. */
  async send(request: SendRequest): Promise<Message> {
    const named = { ...request, clientMessageId: request.clientMessageId ?? this.options.newId() };
    const { message } = await this.repeat(({ messages }, options) => messages.sendMessage(named, options));
    if (!message) throw new Error('the server acknowledged a message without returning it');
    return message;
  }

  /**
   * What happens from now on, or after a resume token; without a gap or a double through any number of
   * failures. Ends when the signal aborts; throws when the server refuses.
   */
  async *subscribe(
    from: { readonly resumeToken?: string },
    signal: AbortSignal,
    onState: (state: ConnectionState) => void = () => undefined,
  ): AsyncGenerator<SubscribeResponse> {
    let resumeToken = from.resumeToken ?? '';
    const stopped = () => signal.aborted;
    for (let failures = 0; !stopped();) {
      const dead = new AbortController();
      let timer = setTimeout(() => dead.abort(), silence);
      try {
        const options = { ...this.callOptions(), signal: AbortSignal.any([signal, dead.signal]) };
        for await (const event of this.pick().messages.subscribe({ resumeToken }, options)) {
          clearTimeout(timer);
          timer = setTimeout(() => dead.abort(), silence);
          if (failures > 0 || resumeToken === '') onState('connected');
          failures = 0;
          if (event.resumeToken !== '') ({ resumeToken } = event);
          yield event;
        }
      } catch (cause) {
        if (stopped()) return;
        const error = ClientError.from(cause);
        if (!error.worthRepeating && !dead.signal.aborted) throw error;
      } finally {
        clearTimeout(timer);
      }
      if (stopped()) return;
      onState('reconnecting');
      this.current += 1;
      await this.options.wait(this.delay(failures), signal).catch(() => undefined);
      failures += 1;
    }
  }

  private async attempt<T>(
    call: (services: Services, options: CallOptions) => Promise<T>,
    mayRepeat: (error: ClientError) => boolean,
  ): Promise<T> {
    let left = this.options.patience ?? 15_000;
    for (let failures = 0; ; failures += 1) {
      try {
        return await call(this.pick(), this.callOptions());
      } catch (cause) {
        const error = ClientError.from(cause);
        const delay = this.delay(failures);
        if (!mayRepeat(error) || left < delay) throw error;
        left -= delay;
        this.current += 1;
        await this.options.wait(delay);
      }
    }
  }

  private delay(failures: number): number {
    const full = Math.min(longestDelay, firstDelay * 2 ** failures);
    return full * (0.5 + this.options.random() / 2);
  }

  private callOptions(): CallOptions {
    const { token } = this.options;
    return token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } };
  }

  private pick(): Services {
    const { server } = this;
    const known = this.services.get(server);
    if (known) return known;
    const transport = this.options.createTransport(server);
    const services = {
      accounts: createClient(AccountService, transport),
      sessions: createClient(SessionService, transport),
      conversations: createClient(ConversationService, transport),
      messages: createClient(MessageService, transport),
    };
    this.services.set(server, services);
    return services;
  }
}
