import { once } from 'node:events';
import { destination, pino } from 'pino';
import type { Logger } from 'pino';
import { FolderError } from '../folder/folder-error.js';
import { ConfigError, readConfig } from './config.js';
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
    if (nodeId !== undefined) {
      throw new ConfigError('--node-id: this version runs on one machine only; leave it out');
    }
    const config = readConfig(configPath, env);
    const logger = createLogger(env);
    const server = await HoldfastServer.start(config, logger);
    const stop = stopSignal();
    const [grpc] = server.addresses.servers;
    const [web] = server.addresses.webServers;
    process.stdout.write(
      `Holdfast is running, on this machine alone.\n` +
        `  gRPC  ${grpc ?? ''}\n  web   ${web ?? ''}\n  data  ${config.serverData}\n` +
        `Stop it with Ctrl-C.\n`,
    );
    logger.info({ signal: await stop }, 'stopping');
    await server.close();
    logger.info('stopped');
  } catch (error) {
    if (error instanceof ConfigError) process.exitCode = 2;
    else if (error instanceof StartError || error instanceof FolderError) process.exitCode = 1;
    else throw error;
    process.stderr.write(`holdfast: ${error.message}\n`);
  }
}

async function stopSignal(): Promise<string> {
  const names = ['SIGTERM', 'SIGINT'] as const;
  return Promise.race(names.map((name) => once(process, name).then(() => name)));
}

/** Levels as pino's; a person at a terminal is told of what is wrong only. */
function createLogger(env: ServeOptions['env']): Logger {
  const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
  const level = env.HOLDFAST_LOG ?? (process.stderr.isTTY ? 'warn' : 'info');
  if (!levels.includes(level)) {
    throw new ConfigError(`environment: HOLDFAST_LOG: must be one of ${levels.join(', ')}`);
  }
  return pino({ level }, destination({ fd: 2, sync: true }));
}
