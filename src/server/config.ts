import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';

/** A configuration that can't be used: one line that names the key. The program ends with status 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type Config = {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly webPort: number;
  /** Absolute path. */
  readonly serverData: string;
  /** HOST:PORT that clients may connect to; empty: this server's own. */
  readonly serverAddresses: readonly string[];
  readonly webAddresses: readonly string[];
};

const port = z
  .int({ error: 'must be a whole number from 0 to 65535' })
  .min(0, { error: 'must be a whole number from 0 to 65535' })
  .max(65_535, { error: 'must be a whole number from 0 to 65535' });
const filled = z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' });
const addresses = z.array(filled, { error: 'must be a list of addresses' });

const fileSchema = z.strictObject(
  {
    host: filled.default('localhost'),
    port: port.default(8_888),
    web_port: port.default(8_080),
    server_data: filled.default('server_data'),
    distributed_mode: z.boolean({ error: 'must be true or false' }).default(false),
    peers: z.record(filled, filled, { error: 'must name a Raft address for each node' }).optional(),
    server_addresses: addresses.default([]),
    web_addresses: addresses.default([]),
  },
  { error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : 'must be a JSON object') },
);

/** Reads the file (none: defaults) and the environment. Throws ConfigError. */
export function readConfig(
  path: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Config {
  const source = path ?? 'the configuration';
  const file = parseFile(source, path === undefined ? {} : readJson(path));
  const chatPort = readPort('CHAT_PORT', env);
  const webPort = readPort('WEB_PORT', env);
  readPort('RAFT_PORT', env);
  if (file.distributed_mode) {
    throw new ConfigError(
      `${source}: distributed_mode: this version runs on one machine only; set it to false`,
    );
  }
  const config = {
    host: file.host,
    port: chatPort ?? file.port,
    webPort: webPort ?? file.web_port,
    serverData: resolve(file.server_data),
    serverAddresses: file.server_addresses,
    webAddresses: file.web_addresses,
  };
  if (config.port !== 0 && config.port === config.webPort) {
    throw new ConfigError(`${source}: web_port: is the same as port, ${config.port}; choose another one`);
  }
  return config;
}

function readJson(path: string): unknown {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(`${path}: can not be read: ${reasonOf(cause)}`, { cause });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ConfigError(`${path}: is not valid JSON: ${reasonOf(cause)}`, { cause });
  }
}

function parseFile(source: string, json: unknown): z.infer<typeof fileSchema> {
  const parsed = fileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    throw new ConfigError(`${source}: ${issue.keys.join(', ')}: is not a key that is known`);
  }
  const key = issue?.path.join('.') ?? '';
  throw new ConfigError([source, key, issue?.message].filter(Boolean).join(': '));
}

function readPort(name: string, env: Readonly<Record<string, string | undefined>>): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new ConfigError(`environment: ${name}: must be a whole number from 0 to 65535`);
  }
  return Number(text);
}

function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replaceAll('\n', ' ');
}
