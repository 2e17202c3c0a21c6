import { once } from 'node:events';
import { createServer } from 'node:http2';
import { afterEach, expect, it } from 'vitest';
import { Subscribers } from './subscribers.js';

const streams = [];
const server = createServer();
server.on('stream', (stream) => {
  stream.on('error', () => undefined);
  stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '14' }));
  stream.write(Buffer.alloc(5));
  streams.push(stream);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const subscribers = new Subscribers(`127.0.0.1:${server.address().port}`);

afterEach(async () => {
  await subscribers.close();
  server.close();
});

it('notices when a subscriber is closed long after it was opened', async () => {
  await subscribers.open(['a', 'b', 'c']);
  await subscribers.requireAll();
  expect(subscribers.count).toBe(3);
  const closed = once(streams[1], 'close');
  streams[1].end();
  await closed;
  // What the server has sent is on its way to another program.
  await expect(untilNotAll()).rejects.toThrow('has ended: 1');
});

async function untilNotAll() {
  for (;;) await subscribers.requireAll();
}
