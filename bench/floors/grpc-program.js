// grpc-js with nothing behind it, with the options of the real server: a method that sends one message and keeps its stream
// open.
import { createServer } from 'node:net';
import { Server, ServerCredentials } from '@grpc/grpc-js';

const same = (bytes) => bytes;
const message = Buffer.alloc(75, 1);
const server = new Server({
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.enable_channelz': 0,
});
server.addService(
  {
    Subscribe: {
      path: '/holdfast.v1.MessageService/Subscribe',
      requestStream: false,
      responseStream: true,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    },
  },
  {
    Subscribe: (call) => {
      call.on('error', () => undefined);
      call.write(message);
    },
  },
);
const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
const port = createServer({ noDelay: true }, (socket) => injector.injectConnection(socket));
port.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listens on 127.0.0.1:${port.address().port}\n`);
});
process.once('SIGTERM', () => process.exit(0));
