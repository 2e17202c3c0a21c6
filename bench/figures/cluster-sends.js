// What sending on five nodes reaches of what bare transactions do on the same members: batched as the sends were, and
// one to a message. Everything shares this machine's cores: beside each rate stands the processor time of a message,
// which tells what the rate is made of.
import { Row } from '../report/row.js';
import { median } from '../report/statistics.js';
import { cpuTimes, perMessage } from '../testbed/cpu-time.js';
import { closedLoop } from '../testbed/rate.js';

const nodes = 5;
const inFlight = 256;

export const clusterSends = {
  id: 'cluster-sends',
  title: 'Sends on five nodes',
  about: `${inFlight} in flight over all nodes, against bare etcd transactions with the same bytes`,

  async measure(testbed, { rounds }) {
    const common = { name: 'sends, five nodes', unit: 'a second' };
    const batched = new Row({
      ...common,
      floor: 'bare Txn, as many to a batch',
      aims: [{ of: 'median', atLeast: 0.6 }],
    });
    const single = new Row({
      ...common,
      name: 'sends, five nodes, and single Txn',
      floor: 'bare Txn, one a message',
      aims: [{ of: 'median', atLeast: 4 }],
    });
    const { cluster, people } = await testbed.fiveNodes();
    const { members } = people;
    const { seconds } = testbed.sizes;
    people.refused = 0;

    const measured = async (workers, act) => {
      const before = cpuTimes(cluster.pids);
      const { done, rate } = await closedLoop(workers, seconds, act);
      return { done, rate, cpu: perMessage(before, cpuTimes(cluster.pids), done) };
    };
    const batches = [];
    const last = {};
    for (let round = 0; round < rounds; round += 1) {
      const before = await members.revision();
      const sent = await measured(inFlight, (worker) => people.send(worker));
      // A batch is one revision of etcd's.
      const batch = Math.max(1, Math.round(sent.done / ((await members.revision()) - before)));
      const workers = Math.max(nodes, Math.round(inFlight / batch));
      const bare = await measured(workers, async (worker) => {
        await members.appendBatch(worker % nodes, worker, batch);
        return batch;
      });
      const alone = await measured(inFlight, async (worker) => {
        await members.append(worker % nodes, worker);
        return 1;
      });
      batched.add(sent.rate, bare.rate);
      single.add(sent.rate, alone.rate);
      batches.push(batch);
      Object.assign(last, { sends: sent.cpu, 'bare batches': bare.cpu, 'single Txn': alone.cpu });
    }
    batched.note('sends to a batch', median(batches));
    for (const [kind, cpu] of Object.entries(last)) batched.note(`µs of processor a message, ${kind}`, cpu);
    if (people.refused > 0) batched.note('sends refused', people.refused);
    return [batched, single];
  },
};
