import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { ConfigError } from './config.js';
import type { Config } from './config.js';

const thisMachine = new BlockList();
thisMachine.addSubnet('127.0.0.0', 8);
thisMachine.addAddress('::1', 'ipv6');

/** Whether only programs of this machine reach what listens there; false for a name. */
export function isLoopback(address: string): boolean {
  return isIP(address) !== 0 && thisMachine.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
}

/**
 * Refuses to speak plain text where other machines can listen or join in, unless the configuration allows it.
 * `address`: what `host` stands for. Throws ConfigError.
 */
export async function requireSafeAddresses(config: Config, address: string): Promise<void> {
  const { host, tls, insecure, cluster } = config;
  if (tls || insecure) return;
  if (!isLoopback(address)) throw unsafe('host', host);
  if (!cluster) return;
  const raftHost = cluster.raftHost ?? hostOf(cluster.peers[cluster.nodeId] ?? '');
  // What can't be resolved is told where it is listened on.
  const found = await lookup(raftHost, { order: 'ipv4first' }).catch(() => undefined);
  if (found && !isLoopback(found.address)) {
    throw unsafe(cluster.raftHost === undefined ? `peers.${cluster.nodeId}` : 'raft_host', raftHost);
  }
}

function unsafe(key: string, host: string): ConfigError {
  return new ConfigError(
    `${key}: ${host} is reached from other machines, and without "tls" everybody on the way can read and change what is said: ` +
      `set "tls" (npx holdfast certs init makes certificates), or allow it with "insecure": true`,
  );
}

/** Of HOST:PORT. */
export function hostOf(address: string): string {
  return address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}
