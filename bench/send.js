// `npm run bench:send`: what sending reaches of what the same server does with an empty method.
// One run alternates the two, 64 calls in flight, each on a connection of its own as from 64 people.
import { create, toBinary, fromBinary } from '@bufbuild/protobuf';
import { Client, Metadata, credentials } from '@grpc/grpc-js';
import { setUp } from '../scripts/setup.js';
import { startServer } from './server.js';

setUp();
const { CreateAccountRequestSchema } = await import('../dist/api/holdfast/v1/account_pb.js');
const { LoginRequestSchema, LoginResponseSchema } = await import('../dist/api/holdfast/v1/session_pb.js');
const { SendMessageRequestSchema } = await import('../dist/api/holdfast/v1/message_pb.js');

const inFlight = 64;
const rounds = 3;
const seconds = Number(process.env.SECONDS ?? 5);
const people = 12;
const same = (bytes) => bytes;

const server = await startServer();
const clients = Array.from(
  { length: inFlight },
  () => new Client(server.address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 }),
);

function call(client, path, bytes, metadata) {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, same, same, bytes, metadata, (error, reply) =>
      error ? reject(error) : resolve(reply),
    );
  });
}

const empty = new Metadata();
const encode = (schema, fields) => Buffer.from(toBinary(schema, create(schema, fields)));
const password = 'correct horse';
const callers = [];
for (let i = 0; i < people; i += 1) {
  const username = `person${i}`;
  const account = encode(CreateAccountRequestSchema, { username, password });
  await call(clients[0], '/holdfast.v1.AccountService/CreateAccount', account, empty);
  const login = encode(LoginRequestSchema, { username, password });
  const reply = await call(clients[0], '/holdfast.v1.SessionService/Login', login, empty);
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${fromBinary(LoginResponseSchema, reply).token}`);
  callers.push(metadata);
}

const text = 'a message of a common length, as people write them to each other';
// Everything but the id, which every message has of its own: the client's work is not what is measured.
const requests = Array.from({ length: inFlight }, (_, worker) => {
  const to = ((worker % people) + 1 + Math.floor(worker / people)) % people;
  return encode(SendMessageRequestSchema, { target: { case: 'username', value: `person${to}` }, text });
});
const idField = SendMessageRequestSchema.field.clientMessageId.number * 8 + 2;
let sent = 0;
function send(worker) {
  sent += 1;
  const id = Buffer.from(`message-${sent}`);
  const bytes = Buffer.concat([requests[worker], Buffer.from([idField, id.length]), id]);
  return call(clients[worker], '/holdfast.v1.MessageService/SendMessage', bytes, callers[worker % people]);
}
const nothing = Buffer.alloc(0);
const check = (worker) =>
  call(clients[worker], '/grpc.health.v1.Health/Check', nothing, callers[worker % people]);

/** Calls a second. */
async function rate(act, duration) {
  const begin = process.hrtime.bigint();
  const end = begin + BigInt(Math.round(duration * 1e9));
  let done = 0;
  const worker = async (number) => {
    while (process.hrtime.bigint() < end) {
      await act(number);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, number) => worker(number)));
  return done / (Number(process.hrtime.bigint() - begin) / 1e9);
}

try {
  await rate(check, 2);
  await rate(send, 3);
  const ratios = [];
  for (let round = 0; round < rounds; round += 1) {
    const floor = await rate(check, seconds);
    const sends = await rate(send, seconds);
    const again = await rate(check, seconds);
    ratios.push(sends / ((floor + again) / 2));
    console.log(
      `empty method ${Math.round(floor)}/s  send ${Math.round(sends)}/s  empty method ${Math.round(again)}/s`,
    );
  }
  ratios.sort((a, b) => a - b);
  console.log(`send / empty method: ${Math.round(ratios[1] * 100)} % (median of ${rounds} rounds)`);
} finally {
  for (const client of clients) client.close();
  await server.stop();
}
