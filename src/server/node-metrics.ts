import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { NodeHealth, NodeRole, SpaceLevel } from '../api/holdfast/v1/cluster_pb.js';
import type { CallLimits } from './call-limits.js';
import type { Cluster, ClusterStatus, NodeStatus } from './cluster.js';

/** Milliseconds for which a look at the cluster is good enough. */
const lookInterval = 1_000;

type Figure<T> = {
  readonly name: string;
  readonly help: string;
  readonly of: (status: T) => number;
};

const figures: readonly Figure<NodeStatus>[] = [
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

const clusterFigures: readonly Figure<ClusterStatus>[] = [
  {
    name: 'holdfast_faults_tolerated_now',
    help: 'How many more nodes may fail now, as this node sees it',
    of: ({ faultsToleratedNow }) => faultsToleratedNow,
  },
  {
    name: 'holdfast_faults_tolerated_max',
    help: 'How many nodes may fail when all are up',
    of: ({ faultsToleratedMax }) => faultsToleratedMax,
  },
  {
    name: 'holdfast_nodes',
    help: 'Nodes of the cluster',
    of: ({ nodes }) => nodes.length,
  },
  {
    name: 'holdfast_nodes_healthy',
    help: 'Nodes that this node finds healthy',
    of: ({ nodes }) => nodes.filter(({ health }) => health === NodeHealth.HEALTHY).length,
  },
];

/** What this node tells of itself and its store, asked when the metrics are read. */
export function addNodeMetrics(registry: Registry, cluster: Cluster): void {
  addGauges(
    registry,
    figures,
    shared(async () => cluster.node()),
  );
  addGauges(
    registry,
    clusterFigures,
    shared(async () => cluster.status()),
  );
  new Counter({
    name: 'holdfast_leader_changes_total',
    help: 'Elections of a leader that this node has seen since it started',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(cluster.leaderChanges);
    },
  });
  const quota = new Gauge({
    name: 'holdfast_store_quota_bytes',
    help: 'Bytes that the database may take; 0: as much as the disk has',
    registers: [registry],
  });
  quota.set(cluster.quotaBytes);
}

/** How much of what is limited is in use. */
export function addLimitMetrics(registry: Registry, limits: CallLimits): void {
  new Gauge({
    name: 'holdfast_subscribers',
    help: 'Open subscriptions on this node',
    registers: [registry],
    collect() {
      this.set(limits.open.subscriptions);
    },
  });
  new Gauge({
    name: 'holdfast_connections',
    help: 'Open connections to both ports of this node',
    registers: [registry],
    collect() {
      this.set(limits.open.connections);
    },
  });
  new Gauge({
    name: 'holdfast_call_memory_bytes',
    help: 'Bytes, about, of requests that are not complete and answers that are not read',
    registers: [registry],
    collect() {
      this.set(limits.memory.bytes);
    },
  });
  new Counter({
    name: 'holdfast_call_memory_cut_off_total',
    help: 'Connections that were cut off because they held most of what calls may keep in memory',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(limits.memory.cutOff);
    },
  });
}

/** All gauges are collected at once, and anybody may ask for them often: one look serves them for a while. */
function shared<T>(look: () => Promise<T>): () => Promise<T | undefined> {
  let last: { readonly at: number; readonly status: Promise<T | undefined> } | undefined;
  return async () => {
    const now = performance.now();
    if (!last || now - last.at > lookInterval) last = { at: now, status: look().catch(() => undefined) };
    return last.status;
  };
}

function addGauges<T>(
  registry: Registry,
  list: readonly Figure<T>[],
  look: () => Promise<T | undefined>,
): void {
  for (const { name, help, of } of list) {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        const status = await look();
        if (status) this.set(of(status));
        else this.remove();
      },
    });
  }
}
