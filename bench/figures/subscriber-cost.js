// What a send costs a node that many idle subscribers are connected to, against the same node with none: processor time
// of the server, which other load on the machine changes little. The subscribers' signs of life fall into it. Each round is without, with, without.
import { Client, credentials } from '@grpc/grpc-js';
import { Row } from '../report/row.js';
import { messageTo, send, withToken } from '../testbed/api.js';
import { closedLoop } from '../testbed/rate.js';
import { startServer } from '../testbed/server.js';
import { Subscribers } from '../testbed/subscribers.js';

const inFlight = 64;

export const subscriberCost = {
  id: 'subscriber-cost',
  title: 'Cost of a send beside idle subscribers',
  about: 'processor time with 10,000 of them, against none',

  async measure(testbed, { rounds }) {
    const { seconds, subscribers: count, warmUp } = testbed.sizes;
    const row = new Row({
      name: 'processor of a send beside subscribers',
      unit: 'µs',
      floor: 'without subscribers',
      aims: [{ of: 'median', atMost: 1.3 }],
    });
    const folder = await testbed.folderOfPeople(count);
    const server = await startServer({ data: folder.data });
    const own = { 'grpc.use_local_subchannel_pool': 1 };
    const clients = Array.from(
      { length: inFlight },
      () => new Client(server.address, credentials.createInsecure(), own),
    );
    const callers = folder.tokens.slice(0, inFlight).map(withToken);
    const messages = callers.map((_, i) => messageTo(folder.names[(i + 1) % inFlight]));
    const one = async (worker) => {
      await send(clients[worker], messages[worker], callers[worker]).answer;
      return 1;
    };
    const cost = async () => {
      await closedLoop(inFlight, seconds / 2, one);
      const before = server.program.cpuTime();
      const { done } = await closedLoop(inFlight, seconds, one);
      return (1_000 * (server.program.cpuTime() - before)) / done;
    };
    // Those who take part are not subscribed: the cost of a delivery is another matter.
    const idle = folder.tokens.slice(inFlight);
    const subscribers = new Subscribers(server.address);
    try {
      await closedLoop(inFlight, warmUp / 2, one);
      for (let round = 0; round < rounds; round += 1) {
        const before = await cost();
        await subscribers.open(idle);
        const beside = await cost();
        await subscribers.requireAll();
        await subscribers.close();
        const after = await cost();
        row.add(beside, (before + after) / 2);
      }
      return [row];
    } finally {
      await subscribers.close();
      for (const client of clients) client.close();
      await server.stop();
    }
  },
};
