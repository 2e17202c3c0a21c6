// From the start of the program until it serves, with many messages and with none. Both were stopped in order before, and
// what they read is in the system's cache.
import { Row } from '../report/row.js';
import { startServer } from '../testbed/server.js';

export const startUp = {
  id: 'start-up',
  title: 'Start-up',
  about: 'with 1,000,000 messages, against empty',

  async measure(testbed, { rounds }) {
    const { many } = testbed.sizes;
    const [alone, node] = ['server alone', 'cluster node'].map(
      (what) =>
        new Row({
          name: `start-up, ${what}`,
          unit: 'ms',
          floor: 'empty',
          aims: [{ of: 'median', atMost: 3 }],
        }),
    );
    const folder = await testbed.filledFolder(many);
    const empty = await testbed.folderOfPeople(1);
    const clusters = { filled: await testbed.filledCluster(many), empty: await testbed.filledCluster(0) };
    for (let round = 0; round < rounds; round += 1) {
      alone.add(await serverTime(folder.data), await serverTime(empty.data));
      node.add(await nodeTime(clusters.filled), await nodeTime(clusters.empty));
    }
    return [alone, node];
  },
};

async function serverTime(data) {
  const begin = performance.now();
  const { stop } = await startServer({ data });
  const took = performance.now() - begin;
  await stop();
  return took;
}

async function nodeTime({ cluster }) {
  const begin = performance.now();
  await cluster.startNode(0);
  const took = performance.now() - begin;
  await cluster.stopNode(0);
  return took;
}
