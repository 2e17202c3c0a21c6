// Subscribers, each on a connection of its own. Told { address, tokens } over the channel of node:child_process, it opens
// one for each token, and answers { open } with how many are open so far. It ends with status 1 as soon as one of them is
// closed. What they cost here does not matter: they run beside what is measured.
import { connect } from 'node:http2';

/** That are being opened at a time. */
const atOnce = 32;
const path = '/holdfast.v1.MessageService/Subscribe';
/** A gRPC message of no bytes: an empty SubscribeRequest. */
const request = Buffer.alloc(5);
let open = 0;

process.on('message', ({ address, tokens }) => {
  openAll(address, tokens).then(() => process.send({ open }), fail);
});
// Waits to be told.
process.channel.ref();
process.once('SIGTERM', () => process.exit(0));
process.stdout.write('ready\n');

async function openAll(address, tokens) {
  let next = 0;
  const worker = async () => {
    while (next < tokens.length) {
      const token = tokens[next];
      next += 1;
      await subscribe(address, token);
      open += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Resolves with the first message; it is idle then. Whatever ends it, then or later, ends this program. */
function subscribe(address, token) {
  return new Promise((resolve) => {
    const session = connect(`http://${address}`);
    session.on('error', fail);
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc+proto',
      te: 'trailers',
      authorization: `Bearer ${token}`,
    });
    let status = 'ended';
    stream.on('data', resolve);
    stream.on('trailers', (trailers) => {
      status = `ended: grpc-status ${trailers['grpc-status']} ${trailers['grpc-message'] ?? ''}`;
    });
    stream.on('response', (headers) => {
      if (headers['grpc-status'] !== undefined) fail(new Error(`refused: ${headers['grpc-message']}`));
    });
    stream.on('error', fail);
    stream.on('close', () => fail(new Error(`a subscription has ${status}`)));
    stream.end(request);
  });
}

function fail(error) {
  process.stderr.write(`subscribers: ${error.message}\n`);
  process.exit(1);
}
