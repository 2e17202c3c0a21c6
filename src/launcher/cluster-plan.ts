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
  /** Whether the nodes speak TLS, with an authority of their own. */
  readonly tls: boolean;
  readonly nodes: readonly NodePlan[];
};

/** A plan that can't be: one line. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

/** Throws PlanError. */
export function planCluster(request: {
  readonly nodes: number;
  readonly startPort: number;
  readonly data: string;
  readonly tls?: boolean;
}): ClusterPlan {
  const { nodes: count, startPort, tls = false } = request;
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
  return { folder, configPath: join(folder, 'config.json'), tls, nodes };
}

/** What `holdfast serve` reads; the ports of each node come from its environment. */
export function configOf(plan: ClusterPlan): object {
  const { folder, nodes, tls } = plan;
  const certificates = certificatesOf(plan);
  return {
    server_data: folder,
    distributed_mode: true,
    peers: Object.fromEntries(nodes.map(({ id, raftPort }) => [id, `localhost:${raftPort}`])),
    ...(tls && { tls: certificates }),
  };
}

/** Where its certificates are: one for all nodes, as all are on this machine. */
export function certificatesOf({ folder }: ClusterPlan) {
  const at = (name: string) => join(folder, 'certs', name);
  return { cert: at('localhost.pem'), key: at('localhost.key'), ca: at('ca.pem') };
}

/** URL of a node's page. */
export function webAddressOf({ tls }: Pick<ClusterPlan, 'tls'>, { webPort }: NodePlan): string {
  return `${tls ? 'https' : 'http'}://localhost:${webPort}`;
}
