// `npm run bench:send`: what sending reaches of what the same server does with an empty method.
// One run alternates the two, 64 calls in flight, each on a connection of its own as from 64 people.
import { Client, credentials } from '@grpc/grpc-js';
import { call, join, messageTo, send } from './api.js';
import { startServer } from './server.js';

const inFlight = 64;
const rounds = 3;
const seconds = Number(process.env.SECONDS ?? 5);
const people = 12;

const server = await startServer();
const clients = Array.from(
  { length: inFlight },
  () => new Client(server.address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 }),
);

const callers = [];
for (let i = 0; i < people; i += 1) callers.push(await join(clients[0], `person${i}`));
const messages = Array.from({ length: inFlight }, (_, worker) => {
  const to = ((worker % people) + 1 + Math.floor(worker / people)) % people;
  return messageTo(`person${to}`);
});
const sendAs = (worker) => send(clients[worker], messages[worker], callers[worker % people]).answer;
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
  await rate(sendAs, 3);
  const ratios = [];
  for (let round = 0; round < rounds; round += 1) {
    const floor = await rate(check, seconds);
    const sends = await rate(sendAs, seconds);
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
