import { existsSync, readFileSync } from 'node:fs';
import { eventually } from '../../test/testkit/deadline.js';
import type { NodeProcess } from '../cluster/node-process.js';
import type { Fault, FaultParts } from './fault.js';

/** Both its processes are gone at once. */
export function kill({ cluster }: FaultParts, number: number): Fault {
  const node = cluster.node(number);
  return {
    kind: 'kill',
    nodes: [number],
    stops: true,
    async begin() {
      const pids = await node.kill();
      const left = pids.filter((pid) => existsSync(`/proc/${pid}`));
      if (pids.length === 0 || left.length > 0) throw new Error(`${node.id} was not killed`);
      return `processes ${pids.join(', ')} are gone`;
    },
    async heal() {
      await node.launch();
      await node.serving();
      return `started as process ${node.pid}`;
    },
  };
}

/** Both its processes stand still, and then go on as if nothing had happened. */
export function pause({ cluster }: FaultParts, number: number): Fault {
  const node = cluster.node(number);
  return {
    kind: 'pause',
    nodes: [number],
    stops: true,
    async begin() {
      const pids = node.pause();
      await eventually(`${node.id} stands still`, () => pids.every((pid) => stateOf(pid) === 'T'));
      return `processes ${pids.join(', ')} are stopped`;
    },
    heal() {
      node.resume();
      return Promise.resolve('resumed');
    },
  };
}

/** Its wall clock jumps, forward or back, and later back to the right time. */
export function clock({ cluster, random }: FaultParts, number: number): Fault {
  const node = cluster.node(number);
  const offset = random.pick([-1, 1]) * random.pick([2_000, 60_000, 3_600_000, 86_400_000]);
  const told = async (jump: number, after: number) => {
    node.setClock(jump);
    const line = `the clock has jumped to ${jump} ms off`;
    await eventually(`the clock of ${node.id} jumps`, () => logOf(node).includes(line, after));
    return line;
  };
  return {
    kind: 'clock',
    nodes: [number],
    stops: false,
    begin: async () => told(offset, logOf(node).length),
    heal: async () => told(0, logOf(node).length),
  };
}

/** In good order, as an operator does it. */
export function restart({ cluster }: FaultParts, number: number): Fault {
  const node = cluster.node(number);
  return {
    kind: 'restart',
    nodes: [number],
    stops: true,
    async begin() {
      const { pid } = node;
      const status = await node.stop();
      return `process ${pid} has ended with ${String(status)}`;
    },
    async heal() {
      await node.launch();
      await node.serving();
      return `started as process ${node.pid}`;
    },
  };
}

/** One node after the other, each when the one before it is back. */
export function rollingRestart({ cluster, allHealthy }: FaultParts): Fault {
  return {
    kind: 'rolling-restart',
    nodes: cluster.nodes.map((node) => node.number),
    stops: false,
    async begin() {
      const statuses: string[] = [];
      for (const node of cluster.nodes) {
        statuses.push(String(await node.stop()));
        await node.launch();
        await node.serving();
        await allHealthy();
      }
      return `nodes have ended with ${statuses.join(', ')}, and started again`;
    },
    heal: () => Promise.resolve('all have started again'),
  };
}

/** Its machine is gone for good, with its data: a fresh one takes its place. */
export function replace({ cluster, allHealthy }: FaultParts, number: number): Fault {
  const node = cluster.node(number);
  const operator = cluster.node((number + 1) % cluster.nodes.length);
  return {
    kind: 'replace',
    nodes: [number],
    stops: true,
    async begin() {
      const pids = await node.kill();
      await node.loseData();
      return `processes ${pids.join(', ')} are gone, and the data`;
    },
    async heal() {
      await cluster.command('node', 'replace', operator.configPath, '--node-id', operator.id, node.id);
      await node.launch();
      await node.serving();
      await allHealthy();
      return `${node.id} was replaced`;
    },
  };
}

/** 'T': stopped. */
function stateOf(pid: number): string {
  try {
    return /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}

function logOf(node: NodeProcess): string {
  return readFileSync(node.logPath, 'utf8');
}
