import { ClusterService, NodeHealth, NodeRole } from '../../src/api/holdfast/v1/cluster_pb.js';
import type { NodeConnection } from '../clients/node-connection.js';

/** Milliseconds. A node that was replaced has to copy everything. */
const patience = 120_000;
const deadline = 5_000;

/** Asks every node how it sees the others. */
export class Health {
  constructor(
    private readonly connections: readonly NodeConnection[],
    private readonly token: string,
  ) {}

  /** Resolves once every node sees every node take part. */
  async all(): Promise<void> {
    const end = performance.now() + patience;
    for (const [number, connection] of this.connections.entries()) {
      while (!(await this.seesAll(connection))) {
        if (performance.now() > end)
          throw new Error(`node${number + 1} does not see all nodes, though all are up`);
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }

  private async seesAll(connection: NodeConnection): Promise<boolean> {
    try {
      const options = { token: this.token, deadline };
      const { nodes } = await connection.call(ClusterService.method.getStatus, {}, options);
      const part = nodes.filter(
        ({ health, role }) => health === NodeHealth.HEALTHY && role !== NodeRole.LEARNER,
      );
      return part.length === this.connections.length;
    } catch {
      return false;
    }
  }
}
