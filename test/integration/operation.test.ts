import { hostname } from 'node:os';
import { Client, Metadata, credentials } from '@grpc/grpc-js';
import { expect, it, onTestFinished } from 'vitest';
import { NodeHealth, NodeRole } from '../../src/api/holdfast/v1/cluster_pb.js';
import { connect, join, password, refusalOf } from '../testkit/api-client.js';
import { eventually } from '../testkit/deadline.js';
import { freePorts } from '../testkit/free-port.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const same = (bytes: Buffer) => bytes;
const names = ['Account', 'Cluster', 'Conversation', 'Message', 'Session'];
const services = names.map((name) => `holdfast.v1.${name}Service`);

// The answers of grpc.health.v1.Health.
const serving = Buffer.from([0x08, 1]).toString('hex');
const notServing = Buffer.from([0x08, 2]).toString('hex');

it('tells health checks, reflection, metrics and GetStatus of a server that runs, until it stops', async () => {
  const server = await ServerProcess.start(await temporaryFolder());
  const raw = rawClient(server.address);
  for (const name of ['', ...services]) expect(await check(raw, name)).toBe(serving);
  expect(await check(raw, 'nobody.knows.This')).toBe('5');
  const listed = await listServices(raw);
  for (const name of [...services, 'grpc.health.v1.Health']) expect(listed).toContain(name);
  expect(listed).not.toContain('holdfast.internal');
  expect(await page(server, '/healthz')).toEqual([200, 'ok\n']);
  expect(await page(server, '/readyz')).toEqual([200, 'ready\n']);

  const client = connect(server.address);
  const ann = await join(client, 'ann');
  expect(await refusalOf(client.accounts.createAccount({ username: 'ann', password }))).toContain('TAKEN');
  const [status, metrics] = await page(server, '/metrics');
  expect(status).toBe(200);
  expect(metrics).toContain('# TYPE holdfast_calls_total counter');
  expect(metrics).toContain('holdfast_calls_total{method="CreateAccount",status="OK"} 1\n');
  expect(metrics).toContain('holdfast_calls_total{method="CreateAccount",status="ALREADY_EXISTS"} 1\n');
  expect(metrics).toMatch(/^holdfast_store_bytes [1-9]\d*$/m);
  expect(metrics).toContain('holdfast_store_space_level 0\n');
  expect(metrics).toContain('holdfast_node_healthy 1\n');

  const { nodes, limits, ...cluster } = await client.cluster.getStatus({}, ann);
  expect(cluster).toMatchObject({ nodeId: 'standalone', faultsToleratedNow: 0, faultsToleratedMax: 0 });
  expect(nodes).toHaveLength(1);
  const { address, webAddress } = server;
  const healthy = { role: NodeRole.STANDALONE, health: NodeHealth.HEALTHY };
  expect(nodes[0]).toMatchObject({ ...healthy, serverAddress: address, webAddress });
  expect(limits?.textBytes).toBe(16_384);
  expect(await refusalOf(client.cluster.getStatus({}))).toBe('Unauthenticated TOKEN_MISSING');
  // Alone, there is no secret, and so nobody who could know it.
  for (const shown of [undefined, 'Bearer ', 'Bearer undefined'])
    expect(await getNode(raw, shown)).toBe('16');

  const watched = watch(raw, '');
  await eventually('the watcher is told', () => watched.length === 1);
  expect(await server.stop()).toBe(0);
  await eventually('the watcher is told of the end', () => watched.length > 1);
  expect(watched).toEqual([serving, notServing]);
});

it('says that it is not ready, and refuses calls, on a node whose cluster has no majority', async () => {
  const [port = 0, webPort = 0, ...raft] = await freePorts(5);
  const peers = Object.fromEntries(raft.map((at, i) => [`node${i + 1}`, `127.0.0.1:${at}`]));
  const config = { host: '127.0.0.1', port, web_port: webPort, distributed_mode: true, peers };
  const server = await ServerProcess.launch(await temporaryFolder(), { config, nodeId: 'node1' });
  const web = `http://127.0.0.1:${webPort}`;
  const listening = async () => {
    const answer = await fetch(`${web}/healthz`).catch(() => undefined);
    return answer?.status === 200;
  };
  await eventually('the node answers', listening).catch((cause: unknown) => {
    throw new Error(server.log, { cause });
  });
  expect((await fetch(`${web}/readyz`)).status).toBe(503);
  const raw = rawClient(`127.0.0.1:${port}`);
  for (const name of ['', ...services]) expect(await check(raw, name)).toBe(notServing);
  const { accounts } = connect(`127.0.0.1:${port}`);
  expect(await refusalOf(accounts.createAccount({ username: 'ann', password }))).toBe(
    'Unavailable STORE_UNAVAILABLE',
  );
  for (const shown of [undefined, 'Bearer ', 'Bearer secret']) expect(await getNode(raw, shown)).toBe('16');
  expect(server.log).not.toContain('"level":50');
});

it('tells clients a name of the machine when it listens on every address of it', async () => {
  const server = await ServerProcess.start(await temporaryFolder(), {
    config: { host: '0.0.0.0', insecure: true },
  });
  const port = (address: string) => new URL(address).port;
  const grpc = port(`http://${server.address}`);
  const client = connect(`127.0.0.1:${grpc}`);
  await client.accounts.createAccount({ username: 'ann', password });
  const { servers, webServers } = await client.sessions.login({ username: 'ann', password });
  expect(servers).toEqual([`${hostname()}:${grpc}`]);
  expect(webServers).toEqual([`http://${hostname()}:${port(server.webAddress)}`]);
});

function rawClient(address: string): Client {
  const client = new Client(address, credentials.createInsecure());
  onTestFinished(() => client.close());
  return client;
}

/** The answer's bytes in hexadecimal, or the number of a refusal's status. */
async function ask(raw: Client, path: string, request: Buffer, metadata = new Metadata()): Promise<string> {
  return new Promise((resolve) => {
    raw.makeUnaryRequest(path, same, same, request, metadata, (error, bytes) => {
      resolve(error ? String(error.code) : (bytes?.toString('hex') ?? ''));
    });
  });
}

/** A message whose first field is this text. */
function named(text: string): Buffer {
  return text === '' ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, text.length]), Buffer.from(text)]);
}

async function check(raw: Client, service: string): Promise<string> {
  return ask(raw, '/grpc.health.v1.Health/Check', named(service));
}

async function getNode(raw: Client, authorization: string | undefined): Promise<string> {
  const metadata = new Metadata();
  if (authorization !== undefined) metadata.set('authorization', authorization);
  return ask(raw, '/holdfast.internal.v1.NodeService/GetNode', Buffer.alloc(0), metadata);
}

/** Grows by every answer. */
function watch(raw: Client, service: string): string[] {
  const told: string[] = [];
  const call = raw.makeServerStreamRequest('/grpc.health.v1.Health/Watch', same, same, named(service));
  call.on('data', (bytes: Buffer) => told.push(bytes.toString('hex')));
  // The server ends.
  call.on('error', () => undefined);
  return told;
}

/** The answer's bytes, in which the names stand. */
async function listServices(raw: Client): Promise<string> {
  const path = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
  const call = raw.makeBidiStreamRequest(path, same, same);
  // list_services: '*'
  call.write(Buffer.from([0x3a, 1, 0x2a]));
  const answer = await new Promise<Buffer>((resolve, reject) => {
    call.once('data', resolve);
    call.once('error', reject);
  });
  call.end();
  return answer.toString('latin1');
}

async function page({ webAddress }: ServerProcess, path: string): Promise<[status: number, body: string]> {
  const answer = await fetch(`${webAddress}${path}`);
  return [answer.status, await answer.text()];
}
