// `npm run bench:elections`: whether a cluster under load stays with its leader. Five nodes, ten people who send one
// message after the other; MINUTES (10) of it. An election that nothing called for makes the term rise.
import { Client, credentials } from '@grpc/grpc-js';
import { provideEtcd } from '../scripts/debian-tool.js';
import { join, messageTo, send } from './api.js';
import { startCluster } from './cluster-nodes.js';
import { EtcdFloor } from './etcd-floor.js';

const etcd = provideEtcd();
if (etcd) process.env.PATH = `${etcd}:${process.env.PATH}`;

const size = 5;
const people = 10;
const minutes = Number(process.env.MINUTES ?? 10);

const cluster = await startCluster(size);
const floor = await EtcdFloor.open(cluster.nodes.map(({ folder }) => folder));
const clients = cluster.nodes.map(({ address }) => new Client(address, credentials.createInsecure()));
try {
  const callers = [];
  for (let i = 0; i < people; i += 1) callers.push(await join(clients[i % size], `person${i}`));
  const term = await floor.term();
  const begin = performance.now();
  let sent = 0;
  let failed = 0;
  let longest = 0;
  const write = async (from) => {
    const message = messageTo(`person${(from + 1) % people}`);
    while (performance.now() - begin < minutes * 60_000) {
      const called = performance.now();
      await send(clients[from % size], message, callers[from]).answer.then(
        () => (sent += 1),
        () => (failed += 1),
      );
      longest = Math.max(longest, performance.now() - called);
    }
  };
  await Promise.all(callers.map((_, from) => write(from)));
  const elections = (await floor.term()) - term;
  console.log(
    `${minutes} minutes: ${sent} messages, ${failed} failed calls, the longest call ${Math.round(longest)} ms, ` +
      `elections: ${elections}`,
  );
  if (elections > 0 || failed > 0) process.exitCode = 1;
} finally {
  for (const client of clients) client.close();
  await floor.close();
  await cluster.stop();
}
