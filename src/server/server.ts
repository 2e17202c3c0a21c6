import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import type { Logger } from 'pino';
import type { Chat } from '../chat/chat.js';
import { createChat } from '../chat/create-chat.js';
import type { Store } from '../kv/store.js';
import { LmdbStore } from '../kv-lmdb/lmdb-store.js';
import { Argon2Hasher } from './argon2-hasher.js';
import { CallLog } from './call-log.js';
import type { Config } from './config.js';
import { GrpcServer } from './grpc-server.js';
import type { Addresses } from './route.js';
import { routes } from './routes.js';
import { StartError } from './start-error.js';
import { requireValidUtf8 } from './strict-utf8.js';
import { WebServer } from './web-server.js';

/** Milliseconds that running calls may take to end. */
const grace = 3_000;

/** The composition root: what runs, and the order in which it starts and stops. */
export class HoldfastServer {
  private closing: Promise<void> | undefined;

  private constructor(
    readonly addresses: Addresses,
    private readonly store: Store,
    private readonly chat: Chat,
    private readonly grpc: GrpcServer,
    private readonly web: WebServer,
  ) {}

  /** Throws FolderError or StartError; then everything that was started has been stopped. */
  static async start(config: Config, logger: Logger): Promise<HoldfastServer> {
    requireValidUtf8();
    const address = await resolveHost(config.host);
    const store = await LmdbStore.open({ folder: config.serverData });
    const context = {
      store,
      hasher: await Argon2Hasher.create(),
      now: Date.now,
      random: (count: number) => randomBytes(count),
      logger,
    };
    const chat = createChat(context);
    let addresses: Addresses = { servers: [], webServers: [] };
    const log = new CallLog(logger);
    const base = () => ({ chat, addresses });
    const grpc = new GrpcServer(routes, base, log);
    const web = new WebServer(routes, base, log, logger);
    try {
      await chat.start();
      const port = await listening('port', config.port, () => grpc.listen(address, config.port));
      const webPort = await listening('web_port', config.webPort, () => web.listen(address, config.webPort));
      const host = config.host.includes(':') ? `[${config.host}]` : config.host;
      addresses = {
        servers: config.serverAddresses.length > 0 ? config.serverAddresses : [`${host}:${port}`],
        webServers: config.webAddresses.length > 0 ? config.webAddresses : [`http://${host}:${webPort}`],
      };
    } catch (error) {
      await chat.close();
      await grpc.close(0);
      await store.close();
      throw error;
    }
    return new HoldfastServer(addresses, store, chat, grpc, web);
  }

  /** Refuses new calls, lets running ones end, closes streams so that clients reconnect. Idempotent. */
  async close(): Promise<void> {
    this.closing ??= this.stop();
    await this.closing;
  }

  private async stop(): Promise<void> {
    await this.chat.close();
    await Promise.all([this.grpc.close(grace), this.web.close(grace)]);
    await this.store.close();
  }
}

async function resolveHost(host: string): Promise<string> {
  try {
    // One address, so that a port taken on it is an error and not half a server.
    const found = await lookup(host, { order: 'ipv4first' });
    return found.address;
  } catch (cause) {
    throw new StartError(`host ${host} can not be resolved`, { cause });
  }
}

async function listening(key: string, port: number, listen: () => Promise<number>): Promise<number> {
  try {
    return await listen();
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    const reason = text.includes('EADDRINUSE') ? 'is taken by another program' : `can not be used: ${text}`;
    throw new StartError(`${key} ${port} ${reason}`, { cause });
  }
}
