import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { NodeHealth, NodeRole, SpaceLevel } from '../api/holdfast/v1/cluster_pb.js';
import type { Cluster, NodeStatus } from './cluster.js';

type Figure = {
  readonly name: string;
  readonly help: string;
  readonly of: (node: NodeStatus) => number;
};

const figures: readonly Figure[] = [
  {
    name: 'holdfast_store_bytes',
    help: 'Bytes that the database takes on the disk',
    of: ({ databaseBytes }) => Number(databaseBytes ?? 0n),
  },
  {
    name: 'holdfast_store_bytes_in_use',
    help: 'Bytes of the database that hold data; the rest is free for new data',
    of: ({ databaseBytesInUse }) => Number(databaseBytesInUse ?? 0n),
  },
  {
    name: 'holdfast_store_space_level',
    help: 'How much room is left: 0 enough, 1 less than 30 %, 2 none: only deleting is possible',
    of: ({ space }) => Math.max(0, (space ?? 0) - SpaceLevel.OK),
  },
  {
    name: 'holdfast_store_revision',
    help: 'The last revision of the store that this node has applied',
    of: ({ appliedRevision }) => Number(appliedRevision ?? 0n),
  },
  {
    name: 'holdfast_node_healthy',
    help: '1 while this node reaches a majority, 0 while it does not',
    of: ({ health }) => (health === NodeHealth.HEALTHY ? 1 : 0),
  },
  {
    name: 'holdfast_node_leader',
    help: '1 on the node that leads, 0 on the others',
    of: ({ role }) => (role === NodeRole.LEADER ? 1 : 0),
  },
];

/** What this node tells of itself and its store, asked when the metrics are read. */
export function addNodeMetrics(registry: Registry, cluster: Cluster): void {
  // All gauges are collected at once: one look serves them.
  let look: Promise<NodeStatus | undefined> | undefined;
  const node = async () => {
    look ??= cluster
      .node()
      .catch(() => undefined)
      .finally(() => (look = undefined));
    return look;
  };
  for (const { name, help, of } of figures) {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const status = await node();
        if (status) this.set(of(status));
        else this.remove();
      },
    });
  }
  const quota = new Gauge({
    name: 'holdfast_store_quota_bytes',
    help: 'Bytes that the database may take; 0: as much as the disk has',
    registers: [registry],
  });
  quota.set(cluster.quotaBytes);
}
