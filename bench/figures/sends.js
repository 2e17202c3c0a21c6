// What sending reaches of what the same server does with an empty method: a health check, with the same credentials,
// over the same connections. One round is floor, sends, floor, so that a machine that slows down slows both.
import { Client, credentials } from '@grpc/grpc-js';
import { Row } from '../report/row.js';
import { call, join, messageTo, send } from '../testbed/api.js';
import { closedLoop } from '../testbed/rate.js';
import { startServer } from '../testbed/server.js';

/** Each on a connection of its own, as from so many people. */
const inFlight = 64;
const people = 12;

export const sends = {
  id: 'sends',
  title: 'Sends on a server alone',
  about: `${inFlight} in flight, against an empty method of the same server`,

  async measure({ sizes: { seconds, warmUp } }, { rounds }) {
    const row = new Row({
      name: 'sends, standalone',
      unit: 'a second',
      floor: 'the same server, an empty method',
      aims: [{ of: 'median', atLeast: 0.8 }],
    });
    const server = await startServer();
    const own = { 'grpc.use_local_subchannel_pool': 1 };
    const insecure = credentials.createInsecure();
    const clients = Array.from({ length: inFlight }, () => new Client(server.address, insecure, own));
    try {
      const callers = [];
      for (let i = 0; i < people; i += 1) callers.push(await join(clients[0], `person${i}`));
      const messages = Array.from({ length: inFlight }, (_, worker) => {
        const to = ((worker % people) + 1 + Math.floor(worker / people)) % people;
        return messageTo(`person${to}`);
      });
      const one = async (worker) => {
        await send(clients[worker], messages[worker], callers[worker % people]).answer;
        return 1;
      };
      const nothing = Buffer.alloc(0);
      const empty = async (worker) => {
        await call(clients[worker], '/grpc.health.v1.Health/Check', nothing, callers[worker % people]);
        return 1;
      };
      await closedLoop(inFlight, warmUp / 8, empty);
      await closedLoop(inFlight, warmUp / 8, one);
      const costs = [];
      for (let round = 0; round < rounds; round += 1) {
        const before = await closedLoop(inFlight, seconds / 2, empty);
        const cpu = server.program.cpuTime();
        const sent = await closedLoop(inFlight, seconds, one);
        costs.push((1_000 * (server.program.cpuTime() - cpu)) / sent.done);
        const after = await closedLoop(inFlight, seconds / 2, empty);
        row.add(sent.rate, (before.rate + after.rate) / 2);
      }
      row.note('processor a send, on the server', `${Math.round(Math.min(...costs))} µs at least`);
      return [row];
    } finally {
      for (const client of clients) client.close();
      await server.stop();
    }
  },
};
