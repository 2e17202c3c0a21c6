import { once } from 'node:events';
import { join } from 'node:path';
import { destination, pino } from 'pino';
import type { Logger } from 'pino';
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
};

/** Runs a server until SIGTERM or SIGINT. Sets the exit status; a failure to start is one line. */
export async function serve({ configPath, nodeId, env }: ServeOptions): Promise<void> {
  try {
    const config = readConfig(configPath, env, nodeId);
    const logger = createLogger(env);
    const server = await HoldfastServer.open({ config, logger, path: env.PATH });
    try {
      await run(server, config, logger);
    } finally {
      await server.close();
      logger.info('stopped');
    }
  } catch (error) {
    if (error instanceof ConfigError) process.exitCode = 2;
    else if (isExpected(error)) process.exitCode = 1;
    else throw error;
    process.stderr.write(`holdfast: ${error.message}\n`);
  }
}

/** Until it is told to stop. Throws what keeps the server from running. */
async function run(server: HoldfastServer, config: Config, logger: Logger): Promise<void> {
  const stop = stopSignal();
  const failed = server.failure.then((error) => {
    throw error;
  });
  const started = server.start().then(async () => {
    process.stdout.write(await banner(server, config));
  });
  // Whichever loses the race below has nothing more to say.
  for (const loser of [failed, started]) loser.catch(() => undefined);
  if (config.cluster) process.stdout.write(waitingLine(config.cluster));
  const first = await Promise.race([started, failed, stop]);
  logger.info({ signal: first ?? (await Promise.race([failed, stop])) }, 'stopping');
}

function waitingLine({ nodeId, peers }: ClusterConfig): string {
  const needed = Math.floor(Object.keys(peers).length / 2) + 1;
  return `Holdfast ${nodeId} is starting; it serves once ${needed} of ${Object.keys(peers).join(', ')} are up.\n`;
}

async function banner({ listening, cluster }: HoldfastServer, config: Config): Promise<string> {
  const where = (data: string) =>
    `  gRPC  ${listening.server}\n  web   ${listening.web}\n  data  ${data}\nStop it with Ctrl-C.\n`;
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

function tolerates(faults: number): string {
  return faults === 1 ? 'tolerates 1 failed node' : `tolerates ${faults} failed nodes`;
}

function isExpected(error: unknown): error is Error {
  return error instanceof StartError || error instanceof FolderError || error instanceof EngineError;
}

async function stopSignal(): Promise<string> {
  const names = ['SIGTERM', 'SIGINT'] as const;
  return Promise.race(names.map((name) => once(process, name).then(() => name)));
}

/** Levels as pino's; a person at a terminal is told of what is wrong only. */
function createLogger(env: ServeOptions['env']): Logger {
  const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
  const wanted = env.HOLDFAST_LOG === '' ? undefined : env.HOLDFAST_LOG;
  const level = wanted ?? (process.stderr.isTTY ? 'warn' : 'info');
  if (!levels.includes(level)) {
    throw new ConfigError(`environment: HOLDFAST_LOG: must be one of ${levels.join(', ')}`);
  }
  return pino({ level }, destination({ fd: 2, sync: true }));
}
