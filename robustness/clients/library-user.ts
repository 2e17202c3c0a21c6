import { ChatClient } from '../../src/client/chat-client.js';
import { ClientError } from '../../src/client/client-error.js';
import type { Message } from '../../src/client/types.js';
import { GrpcTransports } from '../../src/client-node/grpc-transports.js';
import type { SeenMessage } from '../history/record.js';
import type { Recorder } from './recorder.js';

const pause = 250;
/** Milliseconds that one call may go on trying. */
const patience = 20_000;

/** Somebody who writes and reads through the client library, as people's programs do: it chooses the node, and tries again. */
export class LibraryUser {
  private readonly transports = new GrpcTransports();
  private client: ChatClient;
  private login: { readonly account: string; readonly session: string } | undefined;
  private count = 0;

  constructor(
    private readonly name: string,
    private readonly recorder: Recorder,
    servers: readonly string[],
    private readonly identity: { readonly username: string; readonly password: string },
    private readonly people: readonly string[],
  ) {
    const createTransport = this.transports.create;
    this.client = ChatClient.create({ servers, createTransport, addresses: 'grpc', patience });
  }

  async run(stopped: AbortSignal): Promise<void> {
    for (let turn = 0; !stopped.aborted; turn += 1) {
      if (!this.login) await this.logIn();
      else await this.act(turn, this.login);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    this.transports.close();
  }

  private async logIn(): Promise<void> {
    const session = this.recorder.nextId();
    const { username, password } = this.identity;
    await this.recorded({ op: 'login', username, password, session }, async () => {
      const { account, saved } = await this.client.logIn({ username, password, deviceName: session });
      this.client = this.client.as(saved.token);
      this.login = { account: account.id, session };
      return { account: { id: account.id, username: account.username } };
    });
  }

  private async act(
    turn: number,
    login: { readonly account: string; readonly session: string },
  ): Promise<void> {
    const others = this.people.filter((name) => name !== this.identity.username);
    const username = others[turn % others.length] ?? '';
    const target = { username };
    if (turn % 3 === 2) {
      const page = { listing: this.recorder.nextId(), number: 0 };
      await this.recorded({ op: 'listMessages', to: username, size: 10, page, ...login }, async () => {
        const { items, nextPageToken } = await this.client.listMessages({ target, pageSize: 10 });
        return { messages: items.map(seen), more: nextPageToken !== '' };
      });
      return;
    }
    this.count += 1;
    const clientMessageId = `${this.name}-${this.count}`;
    const text = `text of ${clientMessageId}`;
    await this.recorded({ op: 'send', to: username, text, clientMessageId, ...login }, async () => ({
      message: seen(await this.client.sendMessage({ target, text, clientMessageId })),
    }));
  }

  private async recorded(
    call: Parameters<Recorder['begin']>[2],
    action: () => Promise<NonNullable<Parameters<Recorder['end']>[2]>>,
  ): Promise<void> {
    const id = this.recorder.begin(this.name, -1, call);
    try {
      const result = await action();
      this.recorder.end(id, { outcome: 'ok', reason: '' }, result);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      // It has tried several times: what the last try was told does not tell of the others.
      const refused = error.final || error.sessionOver;
      this.recorder.end(id, { outcome: refused ? 'refused' : 'unknown', reason: error.reason });
    }
  }
}

function seen(message: Message): SeenMessage {
  const { conversationId, seq, senderId, clientMessageId, text, deleted, createTime } = message;
  return { conversation: conversationId, seq, senderId, clientMessageId, text, deleted, createTime };
}
