import { expect, it } from 'vitest';
import { hostOf, isLoopback, requireSafeAddresses } from './bind-address.js';
import { ConfigError } from './config.js';
import type { Config } from './config.js';
import { defaultLimits } from './limits-config.js';

const tls = { cert: '/a.pem', key: '/a.key', ca: '/ca.pem' };
const base: Config = {
  host: 'chat',
  port: 0,
  webPort: 0,
  serverData: '/data',
  serverAddresses: [],
  webAddresses: [],
  tls: undefined,
  insecure: false,
  limits: defaultLimits,
  trustedProxies: [],
  cluster: undefined,
};
const clusterAt = (peer: string, raftHost?: string) => ({
  nodeId: 'node1',
  peers: { node1: peer, node2: '10.0.0.2:1' },
  raftHost,
  etcdProgram: undefined,
  quotaBytes: 0,
});

it('knows the addresses that only this machine reaches', () => {
  const addresses = ['127.0.0.1', '127.9.8.7', '::1', '0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'fe80::1'];
  expect(addresses.filter(isLoopback)).toEqual(['127.0.0.1', '127.9.8.7', '::1']);
});

it.each([
  ['a.example:1', 'a.example'],
  ['[fe80::1]:1', 'fe80::1'],
  ['127.0.0.1:1', '127.0.0.1'],
])('takes the host from %s', (address, host) => {
  expect(hostOf(address)).toBe(host);
});

it.each([
  ['the host', base, '0.0.0.0', 'host: chat is reached'],
  [
    'the peer address',
    { ...base, cluster: clusterAt('10.0.0.1:1') },
    '127.0.0.1',
    'peers.node1: 10.0.0.1 is',
  ],
  ['a peer of IPv6', { ...base, cluster: clusterAt('[fe80::1]:1') }, '127.0.0.1', 'peers.node1: fe80::1 is'],
  ['raft_host', { ...base, cluster: clusterAt('localhost:1', '0.0.0.0') }, '::1', 'raft_host: 0.0.0.0 is'],
])('refuses plain text that leaves the machine by %s', async (_case, config, address, expected) => {
  const check = requireSafeAddresses(config, address);
  await expect(check).rejects.toThrow(ConfigError);
  await expect(check).rejects.toThrow(expected);
  await expect(check).rejects.not.toThrow('\n');
});

it.each([
  ['on this machine alone', base, '127.0.0.1'],
  ['of a cluster on this machine alone', { ...base, cluster: clusterAt('localhost:1') }, '::1'],
  ['with TLS', { ...base, tls, cluster: clusterAt('10.0.0.1:1') }, '0.0.0.0'],
  ['where it is allowed', { ...base, insecure: true, cluster: clusterAt('10.0.0.1:1') }, '0.0.0.0'],
])('lets a server listen %s', async (_case, config, address) => {
  await expect(requireSafeAddresses(config, address)).resolves.toBeUndefined();
});
