import type { PeerNetwork } from '../cluster/peer-network.js';
import type { Fault, FaultParts } from './fault.js';

/** From one node to another one. */
type Way = readonly [from: number, to: number];

/**
 * Nothing gets from or to the node, to or from the other nodes; clients still reach it. `cut-out`: what it sends is
 * lost, and what others send arrives; `cut-in`: the other way round.
 */
export function cut({ cluster }: FaultParts, number: number, kind: 'cut' | 'cut-out' | 'cut-in'): Fault {
  const { network } = cluster;
  const ways = waysOf(cluster, number).filter(
    ([from, to]) => kind === 'cut' || (kind === 'cut-out' ? from : to) === number,
  );
  const met = countOn(network, ways);
  return {
    kind,
    nodes: [number],
    stops: true,
    begin() {
      met.begin();
      for (const [from, to] of ways) network.block(from, to);
      return Promise.resolve(`${ways.length} ways are blocked`);
    },
    heal() {
      const evidence = met.told();
      for (const [from, to] of ways) network.unblock(from, to);
      return Promise.resolve(evidence);
    },
  };
}

/** Everything from and to the node takes longer. */
export function slow({ cluster, random }: FaultParts, number: number): Fault {
  const { network } = cluster;
  const delay = random.int(20, 250);
  const ways = waysOf(cluster, number);
  const met = countOn(network, ways);
  const set = (milliseconds: number) => {
    for (const [from, to] of ways) network.slow(from, to, milliseconds);
  };
  return {
    kind: 'slow',
    nodes: [number],
    stops: false,
    begin() {
      met.begin();
      set(delay);
      return Promise.resolve(`everything takes ${delay} ms longer`);
    },
    heal() {
      const evidence = met.told();
      set(0);
      return Promise.resolve(evidence);
    },
  };
}

/** Between the node and each other one, both ways. */
function waysOf({ nodes }: FaultParts['cluster'], number: number): Way[] {
  const others = nodes.map((node) => node.number).filter((other) => other !== number);
  return others.flatMap((other): Way[] => [
    [number, other],
    [other, number],
  ]);
}

/** What a fault meets on its own ways, whatever others meet elsewhere meanwhile. */
function countOn(network: PeerNetwork, ways: readonly Way[]) {
  const now = () => ways.map(([from, to]) => network.held(from, to));
  let before: readonly number[] = [];
  return {
    begin() {
      before = now();
    },
    told() {
      const counts = now().map((count, i) => count - (before[i] ?? 0));
      const sum = counts.reduce((total, count) => total + count, 0);
      return `it met ${sum} chunks of bytes on ${counts.filter((count) => count > 0).length} of ${ways.length} ways`;
    },
  };
}
