import type { ChatClient } from './chat-client.js';
import type { ClientError } from './client-error.js';
import type { EventStream, StreamOptions } from './event-stream.js';
import { Listeners } from './listeners.js';
import type { OutboxStorage } from './outbox-storage.js';
import { Outbox } from './outbox.js';
import type { SavedSession, SessionIdentity } from './types.js';

export type ChatSessionOptions = {
  /** One that is logged in as nobody. */
  readonly client: ChatClient;
  readonly saved: SavedSession;
  /** Of this account alone. */
  readonly storage: OutboxStorage;
  /** Milliseconds that one try of a message goes on before its failure shows. Default: 5,000. */
  readonly tryFor?: number;
};

/**
 * One login in use: its calls, its outbox, its events. It ends when a server says that the token is no
 * longer good; what waits in the outbox is kept for the account's next login.
 */
export class ChatSession {
  /** Why the session is over; undefined while it is not. */
  ended: ClientError | undefined;
  private readonly enders = new Listeners<ClientError>();

  private constructor(
    /** Without the token, so that no part of a user interface has it. */
    readonly saved: SessionIdentity,
    /** The calls of this login. */
    readonly client: ChatClient,
    readonly outbox: Outbox,
    refusals: Listeners<ClientError>,
  ) {
    refusals.add((error) => {
      if (this.ended) return;
      this.ended = error;
      this.enders.call(error);
    });
  }

  /** Throws what the storage throws. Sends nothing before `start`. */
  static async open({ client, saved, storage, tryFor = 5_000 }: ChatSessionOptions): Promise<ChatSession> {
    const refusals = new Listeners<ClientError>();
    const { token, ...identity } = saved;
    const own = client.as(token, (error) => refusals.call(error));
    const { clock, random } = client;
    const outbox = await Outbox.open({ storage, sender: own.sender(tryFor), clock, random });
    return new ChatSession(identity, own, outbox, refusals);
  }

  /** Begins to send what waits in the outbox, and what is added to it. */
  start(): void {
    this.outbox.start();
  }

  /** Calls the listener once, when the session ends. Returns what ends that. */
  onEnded(listener: (error: ClientError) => void): () => void {
    return this.enders.add(listener);
  }

  /** What happens from now on, or from where another stream was. Its connecting wakes the outbox. */
  subscribe(options: StreamOptions = {}): EventStream {
    return this.client.subscribe({
      ...options,
      onState: (state) => {
        if (state.state === 'connected') this.outbox.wake();
        options.onState?.(state);
      },
    });
  }

  /** Stops sending. The session stays good. Idempotent. */
  async close(): Promise<void> {
    await this.outbox.close();
  }
}
