// How long one of the three nodes left acknowledges no message when the leader and one follower of five are killed at
// once, on a cluster of its own: the longest of the three. Its floors are the election timeout that the members run
// with, which nothing can be quicker than (a follower waits for one to two of them), and the time that this run's
// election took, by the members themselves.
import { defaultTuning } from '../../dist/engine/member-flags.js';
import { Row } from '../report/row.js';
import { longestGap, median } from '../report/statistics.js';
import { Cluster } from '../testbed/cluster.js';
import { People } from '../testbed/people.js';

const nodes = 5;
const all = Array.from({ length: nodes }, (_, i) => i);
/** Workers that send through each node, each over a connection of its own. */
const workers = 8;
/** Milliseconds of sends before the kill, and after it. */
const before = 2_000;
const after = 4_000;
/** Milliseconds between looks at a member, and that it may take to answer. */
const lookInterval = 5;
const lookDeadline = 1_000;
/** Milliseconds until there has to be a leader, and how often one may change in the load before the kill. */
const patience = 30_000;
const maxTries = 10;

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
        const usual = [];
        for (let round = 0; round < rounds; round += 1) {
          const { gap, leaderless, gapBefore } = await killTwo(cluster, people);
          timeout.add(gap, defaultTuning.election);
          election.add(gap, leaderless);
          usual.push(gapBefore);
        }
        // What a gap has to be seen above: it cannot be measured more exactly.
        timeout.note('longest gap of a node before the kill, ms', median(usual));
        timeout.note('sends refused', people.refused);
      } finally {
        await people.close();
      }
    } finally {
      await cluster.stop();
    }
    return [timeout, election];
  },
};

/** Kills the member that leads at the moment of the kill. */
async function killTwo(cluster, people) {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const measured = await tryKill(cluster, people);
    if (measured !== undefined) return measured;
  }
  throw new Error(`the leader has changed before ${maxTries} kills`);
}

/** Undefined when the leader has changed under the load, before the kill. */
async function tryKill(cluster, people) {
  const { members } = people;
  const { leader } = await leaderOf(members);
  const dying = [leader, (leader + 1) % nodes];
  const left = all.filter((i) => !dying.includes(i));

  // One that was killed in the round before is reached again only after a while.
  await Promise.all(lines(left).map((worker) => untilAcknowledged(people, worker)));
  const acknowledged = new Map(left.map((node) => [node, []]));
  let running = true;
  const work = async (worker) => {
    while (running) {
      const count = await people.send(worker);
      if (count > 0) acknowledged.get(worker % nodes).push(performance.now());
    }
  };
  const begin = performance.now();
  const load = lines(left).map(work);
  const longest = (from, to) =>
    Math.max(...[...acknowledged.values()].map((times) => longestGap(times, from, to)));
  let dead = [];
  try {
    await pause(before);
    const now = await leaderOf(members);
    if (now.leader !== leader) return undefined;
    const killed = performance.now();
    dead = dying;
    const killing = dying.map((i) => cluster.killNode(i));
    const [elected] = await Promise.all([firstElected(members, left, now.term), ...killing]);
    await pause(after);
    return {
      gap: longest(killed, performance.now()),
      gapBefore: longest(begin + before / 2, killed),
      leaderless: elected - killed,
    };
  } finally {
    running = false;
    await Promise.all(load);
    await Promise.all(dead.map((i) => cluster.startNode(i)));
  }
}

/** The workers that send through these nodes. */
function lines(numbers) {
  return numbers.flatMap((node) => Array.from({ length: workers }, (_, line) => node + nodes * line));
}

async function untilAcknowledged(people, worker) {
  const deadline = performance.now() + patience;
  while ((await people.send(worker)) === 0) {
    if (performance.now() > deadline) throw new Error(`node ${worker % nodes} acknowledges nothing`);
    await pause(lookInterval);
  }
}

/** Which member leads, once all are of its term: { leader, term }. */
async function leaderOf(members) {
  const deadline = performance.now() + patience;
  while (performance.now() < deadline) {
    const states = await Promise.all(all.map((i) => members.status(i)));
    const leader = states.findIndex(({ leads }) => leads);
    const term = states[leader]?.term;
    if (term !== undefined && states.every((state) => state.term === term)) return { leader, term };
    await pause(lookInterval);
  }
  throw new Error(`no member leads all after ${patience} ms`);
}

/** When one of the members knew of a leader of a later term. */
async function firstElected(members, left, term) {
  const deadline = performance.now() + patience;
  let found;
  const watch = async (member) => {
    while (found === undefined && performance.now() < deadline) {
      const status = await members.status(member, lookDeadline).catch(() => undefined);
      if (status?.hasLeader && status.term > term) found ??= performance.now();
      else await pause(lookInterval);
    }
  };
  await Promise.all(left.map(watch));
  if (found === undefined) throw new Error(`no leader was elected within ${patience} ms of the kill`);
  return found;
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
