import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { expect, it } from 'vitest';
import { eventually } from '../../test/testkit/deadline.js';
import { PeerNetwork } from './peer-network.js';

it('counts what a fault meets on each way by itself', async () => {
  const members = await Promise.all([0, 1, 2].map(async () => member()));
  const ports = members.map((server) => (server.address() as AddressInfo).port);
  const network = await PeerNetwork.open(ports);
  network.block(0, 1);
  network.block(0, 2);
  const [from = 0, to = 0] = ports;
  const caller = connect({ host: PeerNetwork.host, port: to });
  try {
    caller.write(`GET /raft HTTP/1.1\r\nX-PeerURLs: http://${PeerNetwork.host}:${from}\r\n\r\n`);
    await eventually('the fault meets the request', () => network.held(0, 1) === 1);
    expect(network.held(0, 2)).toBe(0);
    expect(network.held(1, 0)).toBe(0);
  } finally {
    caller.destroy();
    network.close();
    for (const server of members) server.close();
  }
});

async function member(): Promise<Server> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
