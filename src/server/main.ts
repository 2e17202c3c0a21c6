import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { destination, pino } from 'pino';
import type { Logger } from 'pino';
import { SchemaError } from '../chat/schema.js';
import { EngineError } from '../engine/engine-error.js';
import { FolderError } from '../folder/folder-error.js';
import { ConfigError, readConfig } from './config.js';
import type { ClusterConfig, Config } from './config.js';
import { HoldfastServer } from './server.js';
import { StartError } from './start-error.js';

export type ServeOptions = {
  readonly configPath: string | undefined;
  readonly nodeId: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Tell programs, not people, that it runs. */
  readonly json?: boolean;
};

/** Runs a server until SIGTERM or SIGINT. What it throws `serveStatusOf` knows, unless it is a flaw. */
export async function serve({ configPath, nodeId, env, json = false }: ServeOptions): Promise<void> {
  const config = readConfig(configPath, env, nodeId);
  const logger = createLogger(env);
  const server = await HoldfastServer.open({ config, logger, path: env.PATH });
  const hungUp = onHangUp(() => void server.reloadCertificates());
  let signal: string;
  try {
    signal = await run(server, config, logger, json, hungUp.gone);
  } finally {
    await server.close();
    // It may come twice, from the terminal and from the shell.
    hungUp.ignore();
    logger.info('stopped');
  }
  // As Node.js can't end well by itself without the terminal that it began with.
  if (signal === 'SIGHUP') process.kill(process.pid, signal);
}

/** The exit status for an error whose message tells all; undefined for a flaw of the program. */
export function serveStatusOf(error: unknown): 1 | 2 | undefined {
  if (error instanceof ConfigError) return 2;
  const expected = [StartError, FolderError, EngineError, SchemaError].some((kind) => error instanceof kind);
  return expected ? 1 : undefined;
}

/** Until it is told to stop. Returns by which signal. Throws what keeps the server from running. */
async function run(
  server: HoldfastServer,
  config: Config,
  logger: Logger,
  json: boolean,
  terminalGone: Promise<string>,
): Promise<string> {
  const stop = Promise.race([stopSignal(), terminalGone]);
  const failed = server.failure.then((error) => {
    throw error;
  });
  const started = server.start().then(async () => {
    process.stdout.write(json ? facts(server, config) : await banner(server, config));
  });
  // Whichever loses the race below has nothing more to say.
  for (const loser of [failed, started]) loser.catch(() => undefined);
  if (config.cluster && !json) process.stdout.write(waitingLine(config.cluster));
  const first = await Promise.race([started, failed, stop]);
  const signal = first ?? (await Promise.race([failed, stop]));
  logger.info({ signal }, 'stopping');
  return signal;
}

function waitingLine({ nodeId, peers }: ClusterConfig): string {
  const needed = Math.floor(Object.keys(peers).length / 2) + 1;
  return `Holdfast ${nodeId} is starting; it serves once ${needed} of ${Object.keys(peers).join(', ')} are up.\n`;
}

async function banner({ listening, cluster }: HoldfastServer, config: Config): Promise<string> {
  const where = (data: string) =>
    `  gRPC  ${listening.server}${config.tls ? '  with TLS' : ''}\n  web   ${listening.web}\n  data  ${data}\nStop it with Ctrl-C.\n`;
  if (!config.cluster) return `Holdfast is running, on this machine alone.\n${where(config.serverData)}`;
  const { nodeId, peers } = config.cluster;
  const { faultsToleratedMax, faultsToleratedNow } = await cluster.status();
  return (
    `Holdfast ${nodeId} is running, in a cluster of ${Object.keys(peers).length} nodes.\n` +
    `  ${tolerates(faultsToleratedMax)} when all are up, ${faultsToleratedNow} more now\n` +
    `  raft  ${peers[nodeId] ?? ''}\n` +
    where(join(config.serverData, nodeId))
  );
}

/** The same in one line of JSON. */
function facts({ listening }: HoldfastServer, { cluster, serverData, tls }: Config): string {
  const line = {
    event: 'serving',
    node_id: cluster?.nodeId ?? null,
    server_address: listening.server,
    web_address: listening.web,
    tls: tls !== undefined,
    data: cluster ? join(serverData, cluster.nodeId) : serverData,
  };
  return `${JSON.stringify(line)}\n`;
}

function tolerates(faults: number): string {
  return faults === 1 ? 'tolerates 1 failed node' : `tolerates ${faults} failed nodes`;
}

async function stopSignal(): Promise<string> {
  const names = ['SIGTERM', 'SIGINT'] as const;
  return Promise.race(names.map((name) => once(process, name).then(() => name)));
}

/**
 * SIGHUP asks a service to read its files again; to a program that a person runs it also says that the terminal is gone,
 * which ends it.
 */
function onHangUp(reload: () => void): { readonly gone: Promise<string>; readonly ignore: () => void } {
  const ofPerson = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  let leave: (signal: string) => void = () => undefined;
  const gone = new Promise<string>((resolve) => (leave = resolve));
  const hear = () => {
    if (ofPerson && !hasTerminal()) leave('SIGHUP');
    else reload();
  };
  process.on('SIGHUP', hear);
  return { gone, ignore: () => process.off('SIGHUP', hear) };
}

function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

/** Levels as pino's; a person at a terminal is told of what is wrong only. */
function createLogger(env: ServeOptions['env']): Logger {
  const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
  // An empty variable counts as none.
  const given = env.HOLDFAST_LOG === '' ? undefined : env.HOLDFAST_LOG;
  const level = given ?? (process.stderr.isTTY ? 'warn' : 'info');
  if (!levels.includes(level)) {
    throw new ConfigError(`environment: HOLDFAST_LOG: must be one of ${levels.join(', ')}`);
  }
  return pino({ level }, destination({ fd: 2, sync: true }));
}
