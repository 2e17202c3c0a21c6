// How long a send on a node of five takes when nothing else happens, against a bare transaction through the same node's
// member. Rounds alternate the two, each of many calls.
import { Row } from '../report/row.js';
import { median } from '../report/statistics.js';
import { callTimes } from '../testbed/rate.js';

export const clusterLatency = {
  id: 'cluster-latency',
  title: 'Latency of a send on five nodes',
  about: 'one at a time, against a bare etcd transaction',

  async measure(testbed, { rounds }) {
    const row = new Row({
      name: 'latency of a send, five nodes',
      unit: 'ms',
      floor: 'bare Txn',
      aims: [{ of: 'median', atMost: 1.5 }],
    });
    const { people } = await testbed.fiveNodes();
    const calls = Math.ceil(testbed.sizes.calls / 2);
    const send = () => people.begin(0).answer;
    // What a send is made of at least: a call of the node, and a transaction that all five are told of.
    const empty = () => people.empty(0);
    const told = () => people.members.append(0, 0, { told: true });
    const parts = { empty: [], told: [] };
    await callTimes(calls, send);
    for (let round = 0; round < rounds; round += 1) {
      const sent = await callTimes(calls, send);
      const bare = await callTimes(calls, () => people.members.append(0, 0));
      row.add(median(sent), median(bare));
      parts.empty.push(median(await callTimes(calls, empty)));
      parts.told.push(median(await callTimes(calls, told)));
    }
    row.note('an empty method of the node, ms', median(parts.empty));
    row.note('a bare Txn that the five nodes are told of, ms', median(parts.told));
    return [row];
  },
};
