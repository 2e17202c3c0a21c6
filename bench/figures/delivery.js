// From the sending of a message on one node to its arrival at a subscriber of another, while messages go out at a
// quarter of the highest rate; against a put through one member and its arrival at a watch of another, at the same rate.
import { createClient } from '@connectrpc/connect';
import { Http2SessionManager, createGrpcTransport } from '@connectrpc/connect-node';
import { MessageService } from '../../dist/api/holdfast/v1/message_pb.js';
import { stored } from '../floors/bare-append.js';
import { Row } from '../report/row.js';
import { median, quantile } from '../report/statistics.js';
import { coresBusy, cpuTimes } from '../testbed/cpu-time.js';
import { closedLoop, openLoop } from '../testbed/rate.js';

const inFlight = 256;
/** One of so many messages is timed. */
const timedOf = 10;
/** Milliseconds that the last ones may take to arrive. */
const patience = 5_000;

export const delivery = {
  id: 'delivery',
  title: 'Delivery to another node',
  about: 'at a quarter of the highest rate, against etcd put and watch',

  async measure(testbed, { rounds }) {
    const common = { unit: 'ms', floor: 'etcd put and watch' };
    const middle = new Row({
      ...common,
      name: 'delivery to another node, median',
      aims: [{ of: 'median', atMost: 2 }],
    });
    const tail = new Row({
      ...common,
      name: 'delivery to another node, 99th percentile',
      aims: [{ of: 'median', atMost: 3 }],
    });
    const { cluster, people } = await testbed.fiveNodes();
    const { seconds } = testbed.sizes;
    const highest = await closedLoop(inFlight, seconds, (worker) => people.send(worker));
    const perSecond = highest.rate / 4;
    // Twice as long: a hundredth of the timed ones should still be several.
    const duration = seconds * 2;
    const busy = async (act) => {
      const [before, begin] = [cpuTimes(cluster.pids), performance.now()];
      const measured = await act();
      return { ...measured, cores: coresBusy(before, cpuTimes(cluster.pids), performance.now() - begin) };
    };
    const last = {};
    const late = { sends: [], puts: [] };
    for (let round = 0; round < rounds; round += 1) {
      const ours = await busy(() => delivered(cluster, people, perSecond, duration));
      const bare = await busy(() => watched(people.members, perSecond, duration));
      Object.assign(last, { 'the sends': ours.cores, 'put and watch': bare.cores });
      late.sends.push(ours.late);
      late.puts.push(bare.late);
      middle.add(median(ours.times), median(bare.times));
      tail.add(quantile(ours.times, 0.99), quantile(bare.times, 0.99));
    }
    middle.note('sends a second meanwhile', perSecond);
    // What both sides contain of the load's own lateness, which draws their ratio towards 1.
    middle.note('a send began after it was due by, ms', median(late.sends));
    middle.note('a put began after it was due by, ms', median(late.puts));
    for (const [kind, cores] of Object.entries(last)) middle.note(`cores busy with ${kind}`, cores);
    return [middle, tail];
  },
};

/** Times from something's begin to its arrival, by its name. */
class Arrivals {
  #begun = new Map();
  #times = [];

  begin(name, at) {
    this.#begun.set(name, at);
  }

  arrive(name) {
    const begin = this.#begun.get(name);
    if (begin === undefined) return;
    this.#begun.delete(name);
    this.#times.push(performance.now() - begin);
  }

  /** Throws when something does not arrive: a time that is left out would make the others look good. */
  async all() {
    const end = performance.now() + patience;
    while (this.#begun.size > 0 && performance.now() < end) await pause(5);
    if (this.#begun.size > 0) throw new Error(`${this.#begun.size} did not arrive`);
    return this.#times;
  }
}

/** Resolves to { times, late }: see openLoop. So does `watched`. */
async function delivered(cluster, people, perSecond, duration) {
  const arrivals = new Arrivals();
  const address = `http://${cluster.nodes[1].address}`;
  const sessionManager = new Http2SessionManager(address);
  const client = createClient(MessageService, createGrpcTransport({ baseUrl: address, sessionManager }));
  const stop = new AbortController();
  const options = { signal: stop.signal, headers: { authorization: people.authorization(1) } };
  let subscribed = () => undefined;
  const first = new Promise((resolve) => {
    subscribed = resolve;
  });
  const following = (async () => {
    for await (const { event } of client.subscribe({}, options)) {
      subscribed();
      if (event.case === 'message') arrivals.arrive(event.value.clientMessageId);
    }
  })().catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  try {
    await Promise.race([first, following]);
    const { late } = await openLoop(perSecond, duration, async (i, due) => {
      if (i % timedOf !== 0) return people.send(5 * (i % 50));
      // Person 0 writes to person 1, through the first node.
      const { id, answer } = people.begin(0);
      arrivals.begin(id, due);
      return answer;
    });
    return { times: await arrivals.all(), late };
  } finally {
    stop.abort();
    await following;
    sessionManager.abort();
  }
}

async function watched(members, perSecond, duration) {
  const arrivals = new Arrivals();
  const stop = new AbortController();
  const run = `w/${performance.now()}/`;
  let begun = false;
  const arrived = (key) => {
    begun = true;
    arrivals.arrive(key);
  };
  const following = members.watch(1, run, arrived, stop.signal);
  try {
    // What is put before the watch is there does not reach it.
    while (!begun) await Promise.all([members.put(0, `${run}first`, stored.message), pause(20)]);
    const { late } = await openLoop(perSecond, duration, async (i, due) => {
      if (i % timedOf !== 0) return members.put(0, `v/${i % 500}`, stored.message);
      const key = `${run}${i}`;
      arrivals.begin(key, due);
      return members.put(0, key, stored.message);
    });
    return { times: await arrivals.all(), late };
  } finally {
    stop.abort();
    await following;
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
