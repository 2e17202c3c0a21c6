import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { ChatError } from '../chat/chat-error.js';
import type { Chat } from '../chat/chat.js';
import { createChat } from '../chat/create-chat.js';
import { StoreError } from '../kv/store-error.js';
import type { Store } from '../kv/store.js';
import { Argon2Hasher } from './argon2-hasher.js';
import type { Backend, OwnAddresses } from './backend.js';
import { requireSafeAddresses } from './bind-address.js';
import { CallLimits } from './call-limits.js';
import { CallLog } from './call-log.js';
import { Certificates } from './certificates.js';
import { ClientAddresses } from './client-address.js';
import { ClusterBackend } from './cluster-backend.js';
import type { Cluster } from './cluster.js';
import type { Config } from './config.js';
import { GrpcServer } from './grpc-server.js';
import { addLimitMetrics, addNodeMetrics } from './node-metrics.js';
import type { Addresses, CallBase } from './route.js';
import { routes } from './routes.js';
import { Standalone } from './standalone.js';
import { StoreMetrics } from './store-metrics.js';
import { StartError } from './start-error.js';
import { requireValidUtf8 } from './strict-utf8.js';
import { nameForOthers } from './tls-files.js';
import { WebFiles } from './web-files.js';
import { WebServer } from './web-server.js';

/** Milliseconds that running calls may take to end. */
const grace = 3_000;
/** Milliseconds between attempts to start on a store that does not answer. */
const startPause = 500;
/** Milliseconds between looks at whether the server is ready. */
const readyInterval = 250;

export type ServerOptions = {
  readonly config: Config;
  readonly logger: Logger;
  /** The environment's PATH, where a cluster's node looks for etcd. */
  readonly path: string | undefined;
};

/** The composition root: what runs, and the order in which it starts and stops. */
export class HoldfastServer implements CallBase {
  private readonly grpc: GrpcServer;
  private readonly web: WebServer;
  readonly limits: CallLimits;
  private serving: Chat | undefined;
  /** The same before it has started, which may take as long as what a crash has left to be done. */
  private created: Chat | undefined;
  /** Where this server is reached. */
  listening: OwnAddresses = { server: '', web: '' };
  private showing: NodeJS.Timeout | undefined;
  private starting: Promise<void> | undefined;
  private stopping = false;
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly options: ServerOptions,
    private readonly backend: Backend,
    private readonly metrics: StoreMetrics,
    private readonly hasher: Argon2Hasher,
    files: WebFiles,
    private readonly certificates: Certificates | undefined,
  ) {
    const { config, logger } = options;
    const log = new CallLog(logger);
    this.limits = new CallLimits(config.limits, Date.now);
    addNodeMetrics(log.registry, backend.cluster);
    addLimitMetrics(log.registry, this.limits);
    metrics.addTo(log.registry);
    this.grpc = new GrpcServer(routes, this, log, certificates);
    const addresses = new ClientAddresses(config.trustedProxies);
    this.web = new WebServer(routes, files, this, log, logger, addresses, certificates);
  }

  /**
   * Takes the data folder and the ports. From here on every call is answered, though with UNAVAILABLE until `start` is
   * done. Throws ConfigError, FolderError, EngineError or StartError; then everything that was started has been stopped.
   */
  static async open(options: ServerOptions): Promise<HoldfastServer> {
    const { config, logger } = options;
    requireValidUtf8();
    const address = await resolveHost(config.host);
    await requireSafeAddresses(config, address);
    const files = await WebFiles.load();
    const certificates = config.tls && (await Certificates.open(config.tls, logger));
    const server = await HoldfastServer.create(options, files, certificates).catch((error: unknown) => {
      certificates?.close();
      throw error;
    });
    try {
      await server.listen(address);
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  private static async create(
    options: ServerOptions,
    files: WebFiles,
    certificates: Certificates | undefined,
  ): Promise<HoldfastServer> {
    const { config, logger, path } = options;
    const { cluster } = config;
    const metrics = new StoreMetrics();
    const backend = cluster
      ? await ClusterBackend.open(config, cluster, path, logger, metrics.observe, certificates)
      : await Standalone.open(config, logger, metrics.observe);
    return new HoldfastServer(options, backend, metrics, await Argon2Hasher.create(), files, certificates);
  }

  get chat(): Chat {
    if (this.stopping) throw new ChatError('SHUTTING_DOWN');
    if (!this.serving) throw new ChatError('STORE_UNAVAILABLE');
    return this.serving;
  }

  get cluster(): Cluster {
    return this.backend.cluster;
  }

  get addresses(): Addresses {
    return this.backend.addresses;
  }

  get callTime(): number | undefined {
    return this.backend.callTime;
  }

  /** Resolves with what has ended the server's store for good. */
  get failure(): Promise<Error> {
    return this.backend.failure;
  }

  /** Resolves once calls are served; on a cluster's node when a majority of nodes is up. */
  async start(): Promise<void> {
    this.starting ??= this.serve();
    await this.starting;
  }

  /** Takes a new certificate from the files, when there is one. Never throws: the log says what came of it. */
  async reloadCertificates(): Promise<void> {
    await this.certificates?.reload();
  }

  /** Refuses new calls, lets running ones end, closes streams so that clients reconnect. Idempotent. */
  async close(): Promise<void> {
    this.closing ??= this.stop();
    await this.closing;
  }

  private async listen(address: string): Promise<void> {
    const { config } = this.options;
    const port = await listening('port', config.port, () => this.grpc.listen(address, config.port));
    const webPort = await listening('web_port', config.webPort, () =>
      this.web.listen(address, config.webPort),
    );
    const told = isUnspecified(address) ? this.ownName : config.host;
    const host = told.includes(':') ? `[${told}]` : told;
    this.listening = {
      server: `${host}:${port}`,
      web: `${config.tls ? 'https' : 'http'}://${host}:${webPort}`,
    };
    this.backend.announce(this.listening);
  }

  /** What clients find it by; over TLS they look for that in its certificate. */
  private get ownName(): string {
    const { certificates } = this;
    return certificates ? nameForOthers(certificates.current, hostname()) : hostname();
  }

  private async serve(): Promise<void> {
    const store = this.metrics.watch(await this.backend.start());
    const chat = this.createChat(store);
    this.created = chat;
    await this.startChat(chat);
    this.serving = chat;
    this.showReady();
    this.showing = setInterval(() => this.showReady(), readyInterval);
  }

  private createChat(store: Store): Chat {
    const { logger, config } = this.options;
    const random = (count: number) => randomBytes(count);
    const retention = { ...config.retention, isMyTurn: () => this.backend.leads };
    const elapsed = () => performance.now();
    const context = { store, hasher: this.hasher, now: Date.now, elapsed, random, logger };
    return createChat(context, { retention });
  }

  /** A majority that was there may be gone again: then it is waited for. */
  private async startChat(chat: Chat): Promise<void> {
    for (;;) {
      try {
        await chat.start();
        return;
      } catch (error) {
        if (!isPassing(error) || this.stopping) throw error;
        this.options.logger.warn({ err: error }, 'the store does not answer yet');
        await sleep(startPause);
      }
    }
  }

  private showReady(): void {
    const ready = this.backend.ready && !this.stopping;
    if (this.web.ready === ready) return;
    this.web.ready = ready;
    this.grpc.serving = ready;
  }

  private async stop(): Promise<void> {
    this.stopping = true;
    this.certificates?.close();
    clearInterval(this.showing);
    this.showReady();
    // The first ends the streams, which the others wait for.
    await Promise.all([this.created?.close(), this.grpc.close(grace), this.web.close(grace)]);
    await this.backend.close();
    await this.starting?.catch(() => undefined);
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof StoreError && (error.retryable || error.code === 'UNKNOWN_OUTCOME');
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

/** Whether it stands for every address of this machine, and so for none that a client could connect to. */
function isUnspecified(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

async function listening(key: string, port: number, listen: () => Promise<number>): Promise<number> {
  try {
    return await listen();
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    if (text.includes('EADDRNOTAVAIL')) {
      throw new StartError('host: is no address of this machine: choose another one', { cause });
    }
    const reason = text.includes('EADDRINUSE')
      ? 'is taken by another program: end that one, or choose another port'
      : `can not be used: ${text}`;
    throw new StartError(`${key} ${port} ${reason}`, { cause });
  }
}
