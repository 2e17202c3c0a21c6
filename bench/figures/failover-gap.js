// How long nobody's message is acknowledged when the leader and one follower of five are killed at once, on a cluster of
// its own. Its floors are the election timeout that the members run with, which nothing can be quicker than (a follower
// waits for one to two of them), and the time that this run's election took, by the members themselves.
import { defaultTuning } from '../../dist/engine/member-flags.js';
import { Row } from '../report/row.js';
import { Cluster } from '../testbed/cluster.js';
import { People } from '../testbed/people.js';

const nodes = 5;
/** Workers that send through each node. */
const workers = 8;
/** Milliseconds of sends before the kill, and after it. */
const before = 2_000;
const after = 4_000;
/** Milliseconds between looks at a member, and that it may take to answer. */
const lookInterval = 5;
const lookDeadline = 1_000;

export const failoverGap = {
  id: 'failover-gap',
  title: 'Gap after two nodes are killed',
  about: 'leader and one follower of five, against the election timeout and the election',

  async measure(testbed, { rounds }) {
    const timeout = new Row({
      name: 'gap after killing two nodes',
      unit: 'ms',
      floor: 'election timeout',
      aims: [
        { of: 'median', atMost: 1.2 },
        { of: 'worst', atMost: 2 },
      ],
    });
    const election = new Row({
      name: 'gap after killing two nodes, and the election',
      unit: 'ms',
      floor: "this run's election",
      aims: [
        { of: 'median', atMost: 1.2 },
        { of: 'worst', atMost: 2 },
      ],
    });
    const cluster = await Cluster.start(nodes);
    try {
      const people = await People.join(cluster, testbed.sizes.warmUp);
      try {
        for (let round = 0; round < rounds; round += 1) {
          const { gap, leaderless } = await killTwo(cluster, people);
          timeout.add(gap, defaultTuning.election);
          election.add(gap, leaderless);
        }
      } finally {
        await people.close();
      }
    } finally {
      await cluster.stop();
    }
    return [timeout, election];
  },
};

async function killTwo(cluster, people) {
  const { members } = people;
  const all = Array.from({ length: nodes }, (_, i) => i);
  const states = await Promise.all(all.map((i) => members.status(i)));
  const leader = states.findIndex(({ leads }) => leads);
  const follower = (leader + 1) % nodes;
  const left = all.filter((i) => i !== leader && i !== follower);

  const acknowledged = [];
  let running = true;
  const work = async (node, line) => {
    while (running) {
      const count = await people.send(node + nodes * line);
      if (count > 0) acknowledged.push(performance.now());
    }
  };
  const load = left.flatMap((node) => Array.from({ length: workers }, (_, line) => work(node, line)));
  try {
    await pause(before);
    const { term } = await members.status(left[0]);
    const killed = performance.now();
    const dying = [leader, follower].map((i) => cluster.killNode(i));
    const elected = firstElected(members, left, term);
    await Promise.all(dying);
    const leaderless = (await elected) - killed;
    await pause(after);
    return { gap: longestGap(acknowledged, killed), leaderless };
  } finally {
    running = false;
    await Promise.all(load);
    await Promise.all([leader, follower].map((i) => cluster.startNode(i)));
  }
}

/** When one of the members knew of a leader of a later term. */
async function firstElected(members, left, term) {
  let found;
  const watch = async (member) => {
    while (found === undefined) {
      const status = await members.status(member, lookDeadline).catch(() => undefined);
      if (status?.hasLeader && status.term > term) found ??= performance.now();
      else await pause(lookInterval);
    }
  };
  await Promise.all(left.map(watch));
  return found;
}

/** Between two acknowledgements one after the other, of which the second came after the kill. */
function longestGap(times, killed) {
  let longest = 0;
  for (let i = 1; i < times.length; i += 1) {
    if (times[i] > killed) longest = Math.max(longest, times[i] - times[i - 1]);
  }
  if (longest === 0) throw new Error('nothing was acknowledged after the kill');
  return longest;
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
