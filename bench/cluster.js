// `npm run bench:cluster`: what sending, latency and delivery on five nodes reach of what bare etcd calls do on the same
// members, in the same run. Everything runs on this machine, so all of it shares the machine's cores: beside each rate
// stands the processor time that a message took, which tells what the rate is made of.
import { createClient } from '@connectrpc/connect';
import { Http2SessionManager, createGrpcTransport } from '@connectrpc/connect-node';
import { Client, credentials } from '@grpc/grpc-js';
import { provideEtcd } from '../scripts/debian-tool.js';
import { join, messageTo, send } from './api.js';
import { startCluster } from './cluster-nodes.js';
import { cpuTimes, perMessage } from './cpu-time.js';
import { EtcdFloor } from './etcd-floor.js';

const etcd = provideEtcd();
if (etcd) process.env.PATH = `${etcd}:${process.env.PATH}`;
const { MessageService } = await import('../dist/api/holdfast/v1/message_pb.js');

const size = 5;
const inFlight = 256;
const rounds = Number(process.env.ROUNDS ?? 5);
const seconds = Number(process.env.SECONDS ?? 4);
/** Until the nodes' code is compiled, which takes longer the less each of them has to do. */
const warmUp = Number(process.env.WARM_UP ?? 40);
const people = 40;
/** Connections to each node. */
const lines = 8;
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

const cluster = await startCluster(size);
const floor = await EtcdFloor.open(cluster.nodes.map(({ folder }) => folder));
const own = { 'grpc.use_local_subchannel_pool': 1 };
const connections = cluster.nodes.map(({ address }) =>
  Array.from({ length: lines }, () => new Client(address, credentials.createInsecure(), own)),
);
const callers = [];
for (let i = 0; i < people; i += 1) callers.push(await join(connections[i % size][0], `person${i}`));
const messages = Array.from({ length: people }, (_, i) => messageTo(`person${i}`));

/** Each worker has a conversation of its own, and its node. */
function sendAs(worker) {
  const from = worker % people;
  const to = (from + 1 + Math.floor(worker / people)) % people;
  const client = connections[worker % size][Math.floor(worker / size) % lines];
  return send(client, messages[to], callers[from]);
}

let failed = 0;
/** What a machine that is overloaded makes wait for too long is refused, and counts as nothing. */
const product = (worker) =>
  sendAs(worker).answer.then(
    () => 1,
    () => {
      failed += 1;
      return 0;
    },
  );
const one = async (worker) => {
  await floor.append(worker % size, worker);
  return 1;
};
const batched = (batch) => async (worker) => {
  await floor.appendBatch(worker % size, worker, batch);
  return batch;
};

/** Messages a second; `act` resolves to how many it has appended. */
async function rate(workers, act, duration = seconds) {
  const before = cpuTimes(cluster.pids);
  const begin = performance.now();
  const end = begin + duration * 1_000;
  let done = 0;
  const worker = async (number) => {
    while (performance.now() < end) {
      const appended = await act(number);
      done += appended;
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, number) => worker(number)));
  const elapsed = (performance.now() - begin) / 1_000;
  return { rate: done / elapsed, done, cpu: perMessage(before, cpuTimes(cluster.pids), done) };
}

async function throughput() {
  await rate(inFlight, product, warmUp);
  const results = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = await floor.revision();
    const sends = await rate(inFlight, product);
    // A batch is one revision of etcd's.
    const batch = Math.max(1, Math.round(sends.done / ((await floor.revision()) - before)));
    const workers = Math.max(size, Math.round(inFlight / batch));
    const bare = await rate(workers, batched(batch));
    const single = await rate(inFlight, one);
    results.push({ sends: sends.rate, bare: bare.rate, single: single.rate });
    const kinds = {
      [`sends (${batch} to a batch)`]: sends,
      'bare batches': bare,
      'one Txn a message': single,
    };
    for (const [kind, result] of Object.entries(kinds))
      console.log(`${kind}: ${Math.round(result.rate)}/s; µs of processor a message: ${result.cpu}`);
  }
  const ratio = (kind) => median(results.map((result) => result.sends / result[kind]));
  console.log(`sends / bare batches: ${Math.round(100 * ratio('bare'))} % (median of ${rounds}; aim 50)`);
  console.log(`sends / one Txn a message: ${ratio('single').toFixed(1)} times (median of ${rounds}; aim 3)`);
  return median(results.map(({ sends }) => sends));
}

async function time(act, calls = 200) {
  const times = [];
  for (let i = 0; i < calls; i += 1) {
    const begin = performance.now();
    await act(i);
    times.push(performance.now() - begin);
  }
  return median(times);
}

async function latency() {
  await time(() => product(0), 50);
  const pairs = [];
  for (let round = 0; round < rounds; round += 1) {
    pairs.push([await time(() => product(0)), await time(() => one(0))]);
  }
  const [alone, bare] = [0, 1].map((side) => median(pairs.map((pair) => pair[side])));
  const ratio = median(pairs.map(([a, b]) => a / b));
  console.log(
    `one at a time: send ${alone.toFixed(1)} ms, bare Txn ${bare.toFixed(1)} ms: ${ratio.toFixed(2)} times`,
  );
}

/** Times from sending on one node to arriving on another, while messages go out at this rate. */
async function delivery(perSecond) {
  const address = `http://${cluster.nodes[1].address}`;
  const sessionManager = new Http2SessionManager(address);
  const transport = createGrpcTransport({ baseUrl: address, sessionManager });
  const stop = new AbortController();
  const begun = new Map();
  const times = [];
  const authorization = String(callers[1].get('authorization')[0]);
  const options = { signal: stop.signal, headers: { authorization } };
  const following = (async () => {
    for await (const { event } of createClient(MessageService, transport).subscribe({}, options)) {
      if (event.case !== 'message') continue;
      const begin = begun.get(event.value.clientMessageId);
      if (begin !== undefined) times.push(performance.now() - begin);
    }
  })().catch(() => undefined);
  // Person 0 writes to person 1, through the first node.
  const timed = () => {
    const begin = performance.now();
    const { id, answer } = sendAs(0);
    begun.set(id, begin);
    return answer;
  };
  await timed();
  await paced(perSecond, (i) => (i % 10 === 0 ? timed() : product(5 * (i % 50))));
  stop.abort();
  await following;
  sessionManager.abort();
  return times;
}

async function watching(perSecond) {
  const stop = new AbortController();
  const begun = new Map();
  const times = [];
  const following = floor.watch(
    1,
    'w/',
    (key) => times.push(performance.now() - begun.get(key)),
    stop.signal,
  );
  await paced(perSecond, async (i) => {
    if (i % 10 !== 0) return floor.put(0, `v/${i % 500}`, 110);
    const key = `w/${i}`;
    begun.set(key, performance.now());
    return floor.put(0, key, 110);
  });
  stop.abort();
  await following;
  return times;
}

async function paced(perSecond, act) {
  const begin = performance.now();
  const running = [];
  for (let i = 0; performance.now() - begin < seconds * 1_000; i += 1) {
    const due = begin + (i * 1_000) / perSecond;
    while (performance.now() < due) await new Promise((resolve) => setTimeout(resolve, 1));
    running.push(act(i));
  }
  await Promise.all(running);
}

try {
  const highest = await throughput();
  await latency();
  const perSecond = highest / 4;
  const pairs = [];
  for (let round = 0; round < rounds; round += 1) {
    pairs.push([median(await delivery(perSecond)), median(await watching(perSecond))]);
  }
  const ratio = median(pairs.map(([ours, bare]) => ours / bare));
  const [ours, bare] = [0, 1].map((side) => median(pairs.map((pair) => pair[side])));
  console.log(
    `delivery on another node at ${Math.round(perSecond)} sends/s: ${ours.toFixed(1)} ms, ` +
      `etcd put and watch ${bare.toFixed(1)} ms: ${ratio.toFixed(2)} times (median of ${rounds}; aim below 2)`,
  );
  if (failed > 0) console.log(`${failed} sends were refused, those of the warm-up included`);
} finally {
  for (const client of connections.flat()) client.close();
  await floor.close();
  await cluster.stop();
}
