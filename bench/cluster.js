// `npm run bench:cluster`: what sending, latency and delivery on five nodes reach of what bare etcd calls do on the same
// members, in the same run. Everything runs on this machine, so all of it shares the machine's cores.
import { create, toBinary, fromBinary } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { Http2SessionManager, createGrpcTransport } from '@connectrpc/connect-node';
import { Client, Metadata, credentials } from '@grpc/grpc-js';
import { provideEtcd } from '../scripts/debian-tool.js';
import { setUp } from '../scripts/setup.js';
import { startCluster } from './cluster-nodes.js';

setUp();
const etcd = provideEtcd();
if (etcd) process.env.PATH = `${etcd}:${process.env.PATH}`;
const { CreateAccountRequestSchema } = await import('../dist/api/holdfast/v1/account_pb.js');
const { LoginRequestSchema, LoginResponseSchema } = await import('../dist/api/holdfast/v1/session_pb.js');
const { MessageService, SendMessageRequestSchema } = await import('../dist/api/holdfast/v1/message_pb.js');
const { EtcdClient } = await import('../dist/etcd/etcd-client.js');
const { SocketAddress } = await import('../dist/engine/socket-address.js');
const { Compare_CompareResult, Compare_CompareTarget } =
  await import('../dist/etcd/api/etcdserverpb/rpc_pb.js');

const size = 5;
const inFlight = 256;
const rounds = Number(process.env.ROUNDS ?? 5);
const seconds = Number(process.env.SECONDS ?? 4);
const people = 40;
const text = 'a message of a common length, as people write them to each other';
const same = (bytes) => bytes;
const encode = (schema, fields) => Buffer.from(toBinary(schema, create(schema, fields)));
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

const cluster = await startCluster(size);
const sockets = await Promise.all(cluster.nodes.map(({ folder }) => SocketAddress.open(folder)));
const members = sockets.map(({ target }) => new EtcdClient(target));
const own = { 'grpc.use_local_subchannel_pool': 1 };
// Eight connections to each node.
const connections = cluster.nodes.map(({ address }) =>
  Array.from({ length: 8 }, () => new Client(address, credentials.createInsecure(), own)),
);

function call(client, path, bytes, metadata) {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, same, same, bytes, metadata, (error, reply) =>
      error ? reject(error) : resolve(reply),
    );
  });
}

const callers = [];
for (let i = 0; i < people; i += 1) {
  const username = `person${i}`;
  const password = 'correct horse';
  const [client] = connections[i % size];
  const account = encode(CreateAccountRequestSchema, { username, password });
  await call(client, '/holdfast.v1.AccountService/CreateAccount', account, new Metadata());
  const login = encode(LoginRequestSchema, { username, password });
  const reply = await call(client, '/holdfast.v1.SessionService/Login', login, new Metadata());
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${fromBinary(LoginResponseSchema, reply).token}`);
  callers.push(metadata);
}

let sent = 0;
/** Each worker has a conversation of its own, and its node. */
function send(worker) {
  sent += 1;
  const from = worker % people;
  const to = (from + 1 + Math.floor(worker / people)) % people;
  const request = encode(SendMessageRequestSchema, {
    target: { case: 'username', value: `person${to}` },
    text,
    clientMessageId: `message-${sent}`,
  });
  const client = connections[worker % size][Math.floor(worker / size) % 8];
  return call(client, '/holdfast.v1.MessageService/SendMessage', request, callers[from]);
}

async function rate(workers, act) {
  const begin = performance.now();
  const end = begin + seconds * 1_000;
  let done = 0;
  const worker = async (number) => {
    while (performance.now() < end) {
      const appended = await act(number);
      done += appended;
    }
  };
  await Promise.all(Array.from({ length: workers }, (_, number) => worker(number)));
  return done / ((performance.now() - begin) / 1_000);
}

// The append, bare: the head's revision compared, message and head put; as many bytes as the product's.
let keys = 0;
function append(conversation) {
  keys += 1;
  const head = Buffer.from(`b/${String(conversation).padStart(30, '0')}h`);
  const message = Buffer.from(`b/${String(conversation).padStart(30, '0')}m${String(keys).padStart(9, '0')}`);
  const target = { case: 'modRevision', value: 0n };
  return {
    compare: [
      {
        result: Compare_CompareResult.GREATER,
        target: Compare_CompareTarget.MOD,
        key: head,
        targetUnion: target,
      },
    ],
    success: [
      { request: { case: 'requestPut', value: { key: message, value: Buffer.alloc(110, 'm') } } },
      { request: { case: 'requestPut', value: { key: head, value: Buffer.alloc(30, 'h') } } },
    ],
  };
}
const deadline = 10_000;
const one = async (worker) => {
  await members[worker % size].txn(append(worker), { deadline });
  return 1;
};
const batched = (batch) => async (worker) => {
  const success = Array.from({ length: batch }, (_, i) => ({
    request: { case: 'requestTxn', value: append(worker * 1_000 + i) },
  }));
  await members[worker % size].txn({ success }, { deadline });
  return batch;
};
const product = async (worker) => {
  await send(worker);
  return 1;
};

const revision = async () =>
  Number((await members[0].range({ key: Buffer.from('x') }, { deadline })).header.revision);

async function throughput() {
  await rate(inFlight, product);
  const results = [];
  for (let round = 0; round < rounds; round += 1) {
    const [before, sentBefore] = [await revision(), sent];
    const sends = await rate(inFlight, product);
    // A batch is one revision of etcd's.
    const batch = Math.max(1, Math.round((sent - sentBefore) / ((await revision()) - before)));
    const workers = Math.max(size, Math.round(inFlight / batch));
    const bare = await rate(workers, batched(batch));
    const single = await rate(inFlight, one);
    results.push({ sends, bare, single });
    console.log(
      `sends ${Math.round(sends)}/s (${batch} to a batch)  bare batches ${Math.round(bare)}/s  ` +
        `one Txn a message ${Math.round(single)}/s`,
    );
  }
  const ratio = (floor) => median(results.map((result) => result.sends / result[floor]));
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
  await time(() => send(0), 50);
  const pairs = [];
  for (let round = 0; round < rounds; round += 1) {
    pairs.push([await time(() => send(0)), await time(() => one(0))]);
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
  const messages = createClient(MessageService, transport);
  const stop = new AbortController();
  const begun = new Map();
  const times = [];
  const authorization = String(callers[1].get('authorization')[0]);
  const options = { signal: stop.signal, headers: { authorization } };
  const following = (async () => {
    for await (const { event } of messages.subscribe({}, options)) {
      if (event.case !== 'message') continue;
      const begin = begun.get(event.value.clientMessageId);
      if (begin !== undefined) times.push(performance.now() - begin);
    }
  })().catch(() => undefined);
  // Person 0 writes to person 1, through the first node.
  const one = () => {
    const begin = performance.now();
    const sending = send(0);
    begun.set(`message-${sent}`, begin);
    return sending;
  };
  await one();
  await paced(perSecond, (i) => (i % 10 === 0 ? one() : send(5 * (i % 50))));
  stop.abort();
  await following;
  sessionManager.abort();
  return times;
}

async function watching(perSecond) {
  const stop = new AbortController();
  const begun = new Map();
  const times = [];
  const range = { key: Buffer.from('w/'), rangeEnd: Buffer.from('w0') };
  const following = (async () => {
    for await (const { events } of members[1].watch(range, { signal: stop.signal })) {
      for (const { kv } of events) times.push(performance.now() - begun.get(Buffer.from(kv.key).toString()));
    }
  })();
  await paced(perSecond, async (i) => {
    const put = (key) => ({ request: { case: 'requestPut', value: { key, value: Buffer.alloc(110, 'm') } } });
    if (i % 10 !== 0) return members[0].txn({ success: [put(Buffer.from(`v/${i % 500}`))] }, { deadline });
    const key = `w/${i}-${sent}`;
    begun.set(key, performance.now());
    return members[0].txn({ success: [put(Buffer.from(key))] }, { deadline });
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
  const ratio = median(pairs.map(([ours, floor]) => ours / floor));
  const [ours, floor] = [0, 1].map((side) => median(pairs.map((pair) => pair[side])));
  console.log(
    `delivery on another node at ${Math.round(perSecond)} sends/s: ${ours.toFixed(1)} ms, ` +
      `etcd put and watch ${floor.toFixed(1)} ms: ${ratio.toFixed(2)} times (median of ${rounds}; aim below 2)`,
  );
} finally {
  for (const client of connections.flat()) client.close();
  for (const member of members) member.close();
  for (const socket of sockets) await socket.close();
  await cluster.stop();
}
