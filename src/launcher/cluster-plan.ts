import { join, resolve } from 'node:path';

/** How the ports of a kind stand to the gRPC ports: 8888 → 9888 and 8080. */
const raftOffset = 1_000;
const webOffset = -808;
const maxNodes = 9;

export type NodePlan = {
  readonly id: string;
  readonly port: number;
  readonly webPort: number;
  readonly raftPort: number;
};

/** A cluster of nodes on this machine. */
export type ClusterPlan = {
  /** Absolute; each node's data is in a folder named after it. */
  readonly folder: string;
  readonly configPath: string;
  readonly nodes: readonly NodePlan[];
};

/** A plan that can't be: one line. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/** Throws PlanError. */
export function planCluster(request: { nodes: number; startPort: number; data: string }): ClusterPlan {
  const { nodes: count, startPort } = request;
  if (!Number.isInteger(count) || count < 1 || count > maxNodes) {
    throw new PlanError(`--nodes: a whole number from 1 to ${maxNodes}`);
  }
  const last = 65_535 - raftOffset - count + 1;
  if (!Number.isInteger(startPort) || startPort <= -webOffset || startPort > last) {
    throw new PlanError(`--start-port: a whole number from ${1 - webOffset} to ${last}`);
  }
  const folder = resolve(request.data);
  const nodes = Array.from({ length: count }, (_, i) => ({
    id: `node${i + 1}`,
    port: startPort + i,
    webPort: startPort + webOffset + i,
    raftPort: startPort + raftOffset + i,
  }));
  return { folder, configPath: join(folder, 'config.json'), nodes };
}

/** What `holdfast serve` reads; the ports of each node come from its environment. */
export function configOf({ folder, nodes }: ClusterPlan): object {
  return {
    server_data: folder,
    distributed_mode: true,
    peers: Object.fromEntries(nodes.map(({ id, raftPort }) => [id, `localhost:${raftPort}`])),
  };
}
