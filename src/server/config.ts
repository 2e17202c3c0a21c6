import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { PeerTls } from '../engine/peer-client.js';
import type { RetentionLimits } from '../chat/retention.js';
import { defaultLimits, limitsSchema, proxiesSchema } from './limits-config.js';
import type { LimitsConfig } from './limits-config.js';

/** A configuration that can't be used: one line that names the key. The program ends with status 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Absolute paths of files in PEM. */
export type TlsConfig = {
  /** Shown to clients and, in a cluster, to the other nodes; with what leads from it to its authority. */
  readonly cert: string;
  readonly key: string;
  /** The authorities by which the nodes of a cluster know each other; a server alone needs none. */
  readonly ca: string | undefined;
};

/** This node and the cluster it belongs to. */
export type ClusterConfig = {
  readonly nodeId: string;
  /** Node id → HOST:PORT of its Raft port, this node's with RAFT_PORT applied. */
  readonly peers: Readonly<Record<string, string>>;
  /** Address that the Raft port is bound on; undefined: the host of this node's own peer address. */
  readonly raftHost: string | undefined;
  /** Path of the etcd program; undefined: it is looked for. */
  readonly etcdProgram: string | undefined;
  /** Bytes that the store's database may take on each node. */
  readonly quotaBytes: number;
};

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
  /** Undefined: plain text. */
  readonly tls: TlsConfig | undefined;
  /** Whether plain text may be spoken on addresses that other machines reach. */
  readonly insecure: boolean;
  /** How long messages stay. Nothing given: for ever. */
  readonly retention: RetentionLimits;
  readonly limits: LimitsConfig;
  /** Addresses and networks whose `X-Forwarded-For` is believed on the web port. */
  readonly trustedProxies: readonly string[];
  /** Undefined: alone, on the embedded store. */
  readonly cluster: ClusterConfig | undefined;
};

const smallestQuota = 16 * 1_024 * 1_024;
/** What etcd suggests as the most. */
const largestQuota = 8 * 1_024 * 1_024 * 1_024;

const port = z
  .int({ error: 'must be a whole number from 0 to 65535' })
  .min(0, { error: 'must be a whole number from 0 to 65535' })
  .max(65_535, { error: 'must be a whole number from 0 to 65535' });
const filled = z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' });
const raftAddress = z
  .string({ error: 'must be HOST:PORT' })
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/, { error: 'must be HOST:PORT' })
  .refine((text) => isPort(text.slice(text.lastIndexOf(':') + 1)), {
    error: 'must have a port from 1 to 65535',
  });
const nodeName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/);
const peers = z.record(nodeName, raftAddress, {
  error: ({ code }) =>
    code === 'invalid_key'
      ? "is no node id: use letters, digits, '.', '_' and '-'"
      : 'must name a Raft address for each node, {"node1": "host:9888", …}',
});
const clientAddress = filled.refine(
  (text) => URL.canParse(`http://${text.replace(/^https?:\/\//, '')}`) && /:\d{1,5}$/.test(text),
  { error: 'must be HOST:PORT' },
);
const addresses = z.array(clientAddress, { error: 'must be a list of addresses' });
const webAddress = filled.refine((text) => /^https?:\/\/./.test(text) && URL.canParse(text), {
  error: 'must be a URL, such as http://HOST:PORT',
});

const tls = z.strictObject(
  { cert: filled, key: filled, ca: filled.optional() },
  {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? undefined : 'must name files, {"cert": "…", "key": "…", "ca": "…"}',
  },
);

const retention = z.strictObject(
  {
    max_age_days: z
      .number({ error: 'must be a number of days' })
      .positive({ error: 'must be more than 0' })
      .max(36_500, { error: 'must be at most 36500' })
      .optional(),
    max_messages: z
      .int({ error: 'must be a whole number of messages' })
      .min(1, { error: 'must be at least 1' })
      .optional(),
  },
  {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? undefined
        : 'must be {"max_age_days": …, "max_messages": …}, or one of them',
  },
);

const fileSchema = z.strictObject(
  {
    host: filled.default('localhost'),
    port: port.default(8_888),
    web_port: port.default(8_080),
    server_data: filled.default('server_data'),
    distributed_mode: z.boolean({ error: 'must be true or false' }).optional(),
    peers: peers.optional(),
    raft_host: filled.optional(),
    etcd_program: filled.optional(),
    store_quota_bytes: z
      .int({ error: 'must be a whole number of bytes' })
      .min(smallestQuota, { error: `must be at least ${smallestQuota}` })
      .max(largestQuota, { error: `must be at most ${largestQuota}` })
      .default(largestQuota),
    retention: retention.default({}),
    server_addresses: addresses.default([]),
    web_addresses: z.array(webAddress, { error: 'must be a list of URLs' }).default([]),
    tls: tls.optional(),
    insecure: z.boolean({ error: 'must be true or false' }).default(false),
    limits: limitsSchema.default(defaultLimits),
    trusted_proxies: proxiesSchema.default([]),
  },
  { error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : 'must be a JSON object') },
);

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the file (none: defaults) and the environment. `nodeId`: which of the configured peers this node is,
 * in a cluster. Throws ConfigError.
 */
export function readConfig(path: string | undefined, env: Environment, nodeId?: string): Config {
  const source = path ?? 'the configuration';
  const file = parseFile(source, path === undefined ? {} : readJson(path));
  const chatPort = readPort('CHAT_PORT', env);
  const webPort = readPort('WEB_PORT', env);
  const raftPort = readPort('RAFT_PORT', env);
  const config = {
    host: file.host,
    port: chatPort ?? file.port,
    webPort: webPort ?? file.web_port,
    serverData: resolve(file.server_data),
    serverAddresses: file.server_addresses,
    webAddresses: file.web_addresses,
    tls: file.tls && readTls(source, file.tls, file.distributed_mode === true),
    insecure: file.insecure,
    retention: readRetention(file.retention),
    limits: file.limits,
    trustedProxies: file.trusted_proxies,
    cluster: readCluster(source, file, nodeId, raftPort),
  };
  if (config.port !== 0 && config.port === config.webPort) {
    throw new ConfigError(`${source}: web_port: is the same as port, ${config.port}; choose another one`);
  }
  return config;
}

function readTls(
  source: string,
  { cert, key, ca }: NonNullable<z.infer<typeof fileSchema>['tls']>,
  distributed: boolean,
): TlsConfig {
  if (distributed && ca === undefined) {
    throw new ConfigError(`${source}: tls.ca: is missing; the nodes of a cluster know each other by it`);
  }
  return { cert: resolve(cert), key: resolve(key), ca: ca === undefined ? undefined : resolve(ca) };
}

/** The same files, for the Raft port: its nodes show each other what they show clients. */
export function peerTlsOf({ tls }: Config): PeerTls | undefined {
  return tls?.ca === undefined ? undefined : { certFile: tls.cert, keyFile: tls.key, caFile: tls.ca };
}

function readCluster(
  source: string,
  file: z.infer<typeof fileSchema>,
  nodeId: string | undefined,
  raftPort: number | undefined,
): ClusterConfig | undefined {
  if (file.distributed_mode !== true) {
    // Alone, what is acknowledged is on one disk: nobody should get that by a key that was forgotten.
    if (file.peers && file.distributed_mode === undefined) {
      throw new ConfigError(
        `${source}: distributed_mode: is missing; true for a cluster of the peers, or false`,
      );
    }
    if (nodeId === undefined) return undefined;
    throw new ConfigError(`${source}: distributed_mode: must be true for --node-id ${nodeId}`);
  }
  const { peers } = file;
  if (!peers || Object.keys(peers).length === 0) {
    throw new ConfigError(`${source}: peers: is missing; it names a Raft address for each node`);
  }
  const known = Object.keys(peers).join(', ');
  if (nodeId === undefined) throw new ConfigError(`--node-id: is missing; it is one of ${known}`);
  const own = peers[nodeId];
  if (own === undefined) throw new ConfigError(`--node-id: ${nodeId} is not among the peers ${known}`);
  if (raftPort === 0) throw new ConfigError('environment: RAFT_PORT: must be a whole number from 1 to 65535');
  const address = raftPort === undefined ? own : own.replace(/\d+$/, String(raftPort));
  const all = { ...peers, [nodeId]: address };
  const owners = new Map<string, string>();
  for (const [id, at] of Object.entries(all)) {
    const other = owners.get(at);
    if (other !== undefined)
      throw new ConfigError(`${source}: peers: ${other} and ${id} have the same address ${at}`);
    owners.set(at, id);
  }
  return {
    nodeId,
    peers: all,
    raftHost: file.raft_host,
    etcdProgram: file.etcd_program,
    quotaBytes: file.store_quota_bytes,
  };
}

function readRetention({ max_age_days: days, max_messages }: z.infer<typeof retention>): RetentionLimits {
  return {
    ...(days !== undefined && { maxAge: days * 24 * 3_600_000 }),
    ...(max_messages !== undefined && { maxMessages: max_messages }),
  };
}

function isPort(text: string): boolean {
  return Number(text) >= 1 && Number(text) <= 65_535;
}

function readJson(path: string): unknown {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError(`${path}: can not be read: ${whyUnreadable(cause)}`, { cause });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new ConfigError(`${path}: is not valid JSON${whereIn(text, reasonOf(cause))}`, { cause });
  }
}

function whyUnreadable(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file';
  return code === 'EISDIR' ? 'it is a folder' : reasonOf(cause);
}

/** People look for a line; Node.js tells how many characters precede what is wrong. */
function whereIn(text: string, reason: string): string {
  const [tail, digits] = / in JSON at position (\d+).*/.exec(reason) ?? [];
  if (tail === undefined) return `: ${reason}`;
  const before = text.slice(0, Number(digits));
  const comma =
    /,\s*$/.test(before) && /^[}\]]/.test(text.slice(before.length)) ? ', after a comma too many' : '';
  return `: line ${before.split('\n').length}: ${reason.replace(tail, '')}${comma}`;
}

function parseFile(source: string, json: unknown): z.infer<typeof fileSchema> {
  const parsed = fileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const { path, message } = firstProblem(parsed.error.issues, []);
  throw new ConfigError([source, path.join('.'), message].filter(Boolean).join(': '));
}

function firstProblem(
  [issue]: readonly z.core.$ZodIssue[],
  above: readonly PropertyKey[],
): { readonly path: readonly string[]; readonly message: string } {
  const path = [...above, ...(issue?.path ?? [])].map(String);
  if (issue?.code === 'unrecognized_keys') {
    return { path: [...path, issue.keys.join(', ')], message: 'is not a key that is known' };
  }
  // Of several forms the first one is meant by whoever takes none of them.
  const [meant] = issue?.code === 'invalid_union' ? issue.errors : [];
  return meant ? firstProblem(meant, path) : { path, message: issue?.message ?? '' };
}

function readPort(name: string, env: Environment): number | undefined {
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
