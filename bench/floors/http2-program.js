// Node's bare HTTP/2: a server that answers each stream with its headers and one message, and keeps it open.
import { createServer } from 'node:http2';

// A gRPC message of the size of a first heartbeat.
const message = Buffer.alloc(80, 1);
const server = createServer();
server.on('stream', (stream) => {
  stream.on('error', () => undefined);
  stream.respond({ ':status': 200, 'content-type': 'application/grpc+proto' });
  stream.write(message);
});
server.on('sessionError', () => undefined);
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  process.stdout.write(`listens on 127.0.0.1:${port}\n`);
});
process.once('SIGTERM', () => process.exit(0));
