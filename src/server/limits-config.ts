import { isIP } from 'node:net';
import { z } from 'zod';
import type { Rate } from '../chat/rate-limit.js';

/** What a server takes of whom. Each may be switched off with `false`, then it is undefined. */
export type LimitsConfig = {
  /** Accounts created from one address. */
  readonly accountCreations: Rate | undefined;
  /** Wrong names or passwords from one address. */
  readonly failedLogins: Rate | undefined;
  /** Calls of one session. */
  readonly calls: Rate | undefined;
  /** Messages sent by one session. */
  readonly sends: Rate | undefined;
  /** Bytes of text sent by one account. */
  readonly sentBytes: Rate | undefined;
  /** Open subscriptions of one session, and of all. */
  readonly sessionStreams: number | undefined;
  readonly streams: number | undefined;
  /** Connections from one address, and all, on both ports together. */
  readonly addressConnections: number | undefined;
  readonly connections: number | undefined;
  /** Milliseconds after which a subscriber that takes nothing is cut off. */
  readonly slowReader: number;
};

const count = z
  .int({ error: 'must be a whole number from 1, or false' })
  .min(1, { error: 'must be a whole number from 1, or false' });
const rate = z.strictObject(
  { burst: count, per_minute: count },
  {
    error: ({ code }) =>
      code === 'unrecognized_keys' ? undefined : 'must be {"burst": 100, "per_minute": 60}, or false',
  },
);

const rateOr = (burst: number, perMinute: number) =>
  z
    .union([rate, z.literal(false)])
    .default({ burst, per_minute: perMinute })
    .transform((given) => (given ? { burst: given.burst, perMinute: given.per_minute } : undefined));
const countOr = (most: number) =>
  z
    .union([count, z.literal(false)])
    .default(most)
    .transform((given) => (given === false ? undefined : given));

export const limitsSchema = z
  .strictObject(
    {
      account_creations: rateOr(100, 10),
      failed_logins: rateOr(100, 10),
      calls: rateOr(1_000, 12_000),
      sends: rateOr(500, 6_000),
      sent_bytes: rateOr(32 * 1_024 * 1_024, 2 * 1_024 * 1_024),
      session_streams: countOr(50),
      streams: countOr(10_000),
      address_connections: countOr(1_000),
      connections: countOr(10_000),
      slow_reader_seconds: z
        .number({ error: 'must be a number of seconds' })
        .min(1, { error: 'must be at least 1' })
        .max(3_600, { error: 'must be at most 3600' })
        .default(30),
    },
    { error: ({ code }) => (code === 'unrecognized_keys' ? undefined : 'must be a JSON object') },
  )
  .transform((given): LimitsConfig => ({
    accountCreations: given.account_creations,
    failedLogins: given.failed_logins,
    calls: given.calls,
    sends: given.sends,
    sentBytes: given.sent_bytes,
    sessionStreams: given.session_streams,
    streams: given.streams,
    addressConnections: given.address_connections,
    connections: given.connections,
    slowReader: given.slow_reader_seconds * 1_000,
  }));

/** What holds where nothing is configured. */
export const defaultLimits: LimitsConfig = limitsSchema.parse({});

const proxyForm = 'must be an address or a network, such as 10.0.0.7 or 10.0.0.0/8';

/** Addresses and networks (CIDR). */
export const proxiesSchema = z.array(z.string({ error: proxyForm }).refine(isNetwork, { error: proxyForm }), {
  error: 'must be a list of addresses',
});

function isNetwork(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  return /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
}
