import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConfigError, readConfig } from './config.js';
import { defaultLimits } from './limits-config.js';

function fileWith(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'config.json');
  writeFileSync(path, content);
  return path;
}

const defaults = {
  host: 'localhost',
  port: 8_888,
  webPort: 8_080,
  serverData: resolve('server_data'),
  serverAddresses: [],
  webAddresses: [],
  tls: undefined,
  insecure: false,
  retention: {},
  limits: defaultLimits,
  trustedProxies: [],
  cluster: undefined,
};

describe('readConfig', () => {
  it('has the documented defaults', () => {
    expect(readConfig(undefined, {})).toEqual(defaults);
    expect(readConfig(fileWith('{}'), {})).toEqual(defaults);
  });

  it('takes every key, and ports from the environment before those of the file', () => {
    const path = fileWith(
      JSON.stringify({
        host: '127.0.0.1',
        port: 1_000,
        web_port: 2_000,
        server_data: '/data',
        distributed_mode: false,
        server_addresses: ['a.example:1'],
        web_addresses: ['https://a.example'],
        tls: { cert: 'a.pem', key: '/keys/a.key' },
        insecure: true,
        retention: { max_age_days: 0.5, max_messages: 1_000 },
        limits: { calls: { burst: 7, per_minute: 8 }, sends: false, streams: 9, slow_reader_seconds: 1.5 },
        trusted_proxies: ['10.0.0.7', 'fd00::/8'],
      }),
    );
    expect(readConfig(path, { CHAT_PORT: '', WEB_PORT: '3000' })).toEqual({
      host: '127.0.0.1',
      port: 1_000,
      webPort: 3_000,
      serverData: '/data',
      serverAddresses: ['a.example:1'],
      webAddresses: ['https://a.example'],
      tls: { cert: resolve('a.pem'), key: '/keys/a.key', ca: undefined },
      insecure: true,
      retention: { maxAge: 43_200_000, maxMessages: 1_000 },
      limits: {
        ...defaultLimits,
        calls: { burst: 7, perMinute: 8 },
        sends: undefined,
        streams: 9,
        slowReader: 1_500,
      },
      trustedProxies: ['10.0.0.7', 'fd00::/8'],
      cluster: undefined,
    });
    expect(readConfig(path, { CHAT_PORT: '7' }).port).toBe(7);
  });

  it.each([
    ['{"prot": 1}', {}, 'prot: is not a key'],
    ['{"port": "1"}', {}, 'port: must be a whole number'],
    ['{"port": 1.5}', {}, 'port: must be a whole number'],
    ['{"port": -1}', {}, 'port: must be a whole number'],
    ['{"retention": 5}', {}, 'retention: must be {"max_age_days": …, "max_messages": …}, or one of them'],
    ['{"retention": {"days": 5}}', {}, 'days: is not a key'],
    ['{"retention": {"max_age_days": 0}}', {}, 'retention.max_age_days: must be more than 0'],
    [
      '{"retention": {"max_messages": 1.5}}',
      {},
      'retention.max_messages: must be a whole number of messages',
    ],
    ['{"port": null}', {}, 'port: must be a whole number'],
    ['{"web_port": 65536}', {}, 'web_port: must be a whole number'],
    ['{"host": 5}', {}, 'host: must be text'],
    ['{"server_data": ""}', {}, 'server_data: must not be empty'],
    ['{"peers": []}', {}, 'peers: must name'],
    ['{"web_addresses": [""]}', {}, 'web_addresses.0: must not be empty'],
    ['{"web_addresses": "http://a"}', {}, 'web_addresses: must be a list'],
    ['{"web_addresses": ["http://a", "a.example:8080"]}', {}, 'web_addresses.1: must be a URL'],
    ['{"web_addresses": ["https://"]}', {}, 'web_addresses.0: must be a URL'],
    ['{"insecure": "yes"}', {}, 'insecure: must be true or false'],
    ['{"tls": true}', {}, 'tls: must name files'],
    ['{"tls": {"cert": "a"}}', {}, 'tls.key: must be text'],
    ['{"tls": {"cert": "", "key": "b"}}', {}, 'tls.cert: must not be empty'],
    ['{"tls": {"cert": "a", "key": "b", "cacert": "c"}}', {}, 'tls.cacert: is not a key'],
    ['{"limits": {"call": 1}}', {}, 'limits.call: is not a key'],
    ['{"limits": {"calls": 5}}', {}, 'limits.calls: must be {"burst"'],
    ['{"limits": {"calls": {"burst": 5}}}', {}, 'limits.calls.per_minute: must be a whole number'],
    ['{"limits": {"calls": {"burst": 5, "per_minute": 5, "x": 5}}}', {}, 'limits.calls.x: is not a key'],
    ['{"limits": {"streams": 0}}', {}, 'limits.streams: must be a whole number from 1'],
    ['{"limits": {"slow_reader_seconds": 0}}', {}, 'limits.slow_reader_seconds: must be at least 1'],
    ['{"limits": 7}', {}, 'limits: must be a JSON object'],
    ['{"trusted_proxies": ["proxy.example"]}', {}, 'trusted_proxies.0: must be an address'],
    ['{"trusted_proxies": ["10.0.0.0/33"]}', {}, 'trusted_proxies.0: must be an address'],
    ['{"trusted_proxies": "10.0.0.1"}', {}, 'trusted_proxies: must be a list'],
    ['[]', {}, 'must be a JSON object'],
    ['{', {}, 'is not valid JSON'],
    ['{\n  "port": 1,\n}\n', {}, 'is not valid JSON: line 3: '],
    ['{"port": 1,}', {}, 'after a comma too many'],
    ['{}', { CHAT_PORT: 'eighty' }, 'CHAT_PORT: must be'],
    ['{}', { WEB_PORT: '65536' }, 'WEB_PORT: must be'],
    ['{}', { RAFT_PORT: '-1' }, 'RAFT_PORT: must be'],
    ['{}', { CHAT_PORT: '9', WEB_PORT: '9' }, 'web_port: is the same'],
  ])('refuses %s with %j in one line that names what is wrong', (content, env, expected) => {
    const read = () => readConfig(fileWith(content), env);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(expected);
    expect(read).not.toThrow('\n');
  });

  const peers = { node1: 'localhost:9888', node2: '[::1]:9889' };
  const cluster = (fields: object) => fileWith(JSON.stringify({ distributed_mode: true, peers, ...fields }));

  it('finds this node among the peers, and takes its Raft port from the environment', () => {
    expect(readConfig(cluster({}), {}, 'node1').cluster).toEqual({
      nodeId: 'node1',
      peers,
      raftHost: undefined,
      etcdProgram: undefined,
      quotaBytes: 8 * 1_024 ** 3,
    });
    const own = { raft_host: '0.0.0.0', etcd_program: '/opt/etcd', store_quota_bytes: 100_000_000 };
    expect(readConfig(cluster(own), { RAFT_PORT: '7' }, 'node2').cluster).toEqual({
      nodeId: 'node2',
      peers: { ...peers, node2: '[::1]:7' },
      raftHost: '0.0.0.0',
      etcdProgram: '/opt/etcd',
      quotaBytes: 100_000_000,
    });
  });

  it.each([
    [{}, {}, undefined, '--node-id: is missing; it is one of node1, node2'],
    [{}, {}, 'node3', '--node-id: node3 is not among the peers node1, node2'],
    [{ distributed_mode: false }, {}, 'node1', 'distributed_mode: must be true'],
    [{ distributed_mode: undefined }, {}, undefined, 'distributed_mode: is missing; true for'],
    [{ peers: undefined }, {}, 'node1', 'peers: is missing'],
    [{ peers: {} }, {}, 'node1', 'peers: is missing'],
    [{ peers: { a: 'x:1', b: 'x:1' } }, {}, 'a', 'peers: a and b have the same address x:1'],
    [{ peers: { a: 'x:1', b: 'x:2' } }, { RAFT_PORT: '2' }, 'a', 'peers: a and b have the same address x:2'],
    [{ peers: { a: 'x' } }, {}, 'a', 'peers.a: must be HOST:PORT'],
    [{ peers: { a: 'x:99999' } }, {}, 'a', 'peers.a: must have a port'],
    [{ peers: { 'a/b': 'x:1' } }, {}, 'a', 'peers.a/b: is no node id'],
    [{ tls: { cert: 'a', key: 'b' } }, {}, 'node1', 'tls.ca: is missing'],
    [{ store_quota_bytes: 5 }, {}, 'node1', 'store_quota_bytes: must be at least'],
    [{ server_addresses: ['a.example'] }, {}, 'node1', 'server_addresses.0: must be HOST:PORT'],
    [{}, { RAFT_PORT: '0' }, 'node1', 'RAFT_PORT: must be'],
  ])('refuses the cluster %j with %j as %s in one line', (fields, env, nodeId, expected) => {
    const read = () => readConfig(cluster(fields), env, nodeId);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(expected);
    expect(read).not.toThrow('\n');
  });

  it('refuses a file that is not there', () => {
    expect(() => readConfig('/no/such/file.json', {})).toThrow(
      '/no/such/file.json: can not be read: there is no such file',
    );
    expect(() => readConfig('/', {})).toThrow('/: can not be read: it is a folder');
  });
});
