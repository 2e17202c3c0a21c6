import type { Fault, FaultParts } from './fault.js';

/**
 * Nothing gets from or to the node, to or from the other nodes; clients still reach it. `cut-out`: what it sends is
 * lost, and what others send arrives; `cut-in`: the other way round.
 */
export function cut({ cluster }: FaultParts, number: number, kind: 'cut' | 'cut-out' | 'cut-in'): Fault {
  const { network } = cluster;
  const others = cluster.nodes.map((node) => node.number).filter((other) => other !== number);
  const ways = others.flatMap((other): [number, number][] => [
    ...(kind === 'cut-in' ? [] : [[number, other] as [number, number]]),
    ...(kind === 'cut-out' ? [] : [[other, number] as [number, number]]),
  ]);
  let held = 0;
  return {
    kind,
    nodes: [number],
    stops: true,
    begin() {
      held = network.held;
      for (const [from, to] of ways) network.block(from, to);
      return Promise.resolve(`${ways.length} ways are blocked`);
    },
    heal() {
      const count = network.held - held;
      for (const [from, to] of ways) network.unblock(from, to);
      return Promise.resolve(`it met ${count} chunks of bytes`);
    },
  };
}

/** Everything from and to the node takes longer. */
export function slow({ cluster, random }: FaultParts, number: number): Fault {
  const { network } = cluster;
  const others = cluster.nodes.map((node) => node.number).filter((other) => other !== number);
  const delay = random.int(20, 250);
  let held = 0;
  const set = (milliseconds: number) => {
    for (const other of others) {
      network.slow(number, other, milliseconds);
      network.slow(other, number, milliseconds);
    }
  };
  return {
    kind: 'slow',
    nodes: [number],
    stops: false,
    begin() {
      held = network.held;
      set(delay);
      return Promise.resolve(`everything takes ${delay} ms longer`);
    },
    heal() {
      const count = network.held - held;
      set(0);
      return Promise.resolve(`it met ${count} chunks of bytes`);
    },
  };
}
