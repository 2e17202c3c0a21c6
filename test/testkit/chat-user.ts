import { onTestFinished } from 'vitest';
import { ChatClient } from '../../src/client/chat-client.js';
import { ChatSession } from '../../src/client/chat-session.js';
import type { StreamState } from '../../src/client/event-stream.js';
import { MemoryOutboxStorage } from '../../src/client/outbox-storage.js';
import type { OutboxStorage } from '../../src/client/outbox-storage.js';
import type { ChatEvent, SavedSession } from '../../src/client/types.js';
import { GrpcTransports } from '../../src/client-node/grpc-transports.js';
import { eventually } from './deadline.js';

export const password = 'correct horse';

/** Clients of servers over gRPC; their connections end with their test. `ca`: of servers with TLS. */
export function clientOf(servers: readonly string[], patience?: number, ca?: Buffer): ChatClient {
  const transports = new GrpcTransports();
  onTestFinished(() => transports.close());
  const createTransport = ca ? transports.secure({ ca }) : transports.create;
  return ChatClient.create({ servers, createTransport, addresses: 'grpc', patience });
}

/** A new account, logged in. */
export async function signUp(servers: readonly string[], username: string): Promise<SavedSession> {
  const { saved } = await clientOf(servers).signUp({ username, password, deviceName: 'test' });
  return { ...saved, servers };
}

/** One program that a person runs: it sends, and notes what it is told. */
export class ChatUser {
  readonly events: ChatEvent[] = [];
  readonly states: StreamState[] = [];
  private readonly stop = new AbortController();

  private constructor(readonly session: ChatSession) {}

  static async start(
    saved: SavedSession,
    storage: OutboxStorage = new MemoryOutboxStorage(),
  ): Promise<ChatUser> {
    const client = clientOf(saved.servers);
    const user = new ChatUser(await ChatSession.open({ client, saved, storage }));
    user.session.start();
    onTestFinished(() => user.end());
    return user;
  }

  /** Resolves once events are received. */
  async watch(): Promise<void> {
    const stream = this.session.subscribe({ onState: (state) => this.states.push(state) });
    const run = async () => {
      for await (const event of stream.events(this.stop.signal)) this.events.push(event);
    };
    this.watching = run();
    await eventually('the user is connected', () => this.states.length > 0);
  }

  async say(username: string, text: string): Promise<void> {
    await this.session.outbox.add({ target: { username }, text });
  }

  async allSent(): Promise<void> {
    await eventually('everything is sent', () => this.session.outbox.entries.length === 0);
  }

  /** Texts of the messages that were received, in order. */
  texts(): string[] {
    return this.events.flatMap((event) => (event.type === 'message' ? [event.message.text] : []));
  }

  async end(): Promise<void> {
    this.stop.abort();
    await Promise.all([this.session.close(), this.watching]);
  }

  private watching: Promise<void> = Promise.resolve();
}
