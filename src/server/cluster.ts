import type { MessageInitShape } from '@bufbuild/protobuf';

import type { NodeSchema } from '../api/holdfast/v1/cluster_pb.js';

export type NodeStatus = MessageInitShape<typeof NodeSchema> & { readonly id: string };

export type ClusterStatus = {
  /** Of this node. */
  readonly nodeId: string;
  /** In the order of their ids. */
  readonly nodes: readonly NodeStatus[];
  readonly faultsToleratedNow: number;
  readonly faultsToleratedMax: number;
};

/** What a server knows of itself and of those it works with. */
export interface Cluster {
  status(): Promise<ClusterStatus>;
  /** This node alone. */
  node(): Promise<NodeStatus>;
  /** Bytes that a node's database may take; 0: as much as the disk has. */
  readonly quotaBytes: number;
  /** Times that this node has seen another leader, or the same one elected again, since it started. */
  readonly leaderChanges: number;
  /** What a call shows that comes from another node; undefined: none does. */
  readonly secret: string | undefined;
}

/** Nodes of this many voters that may fail while a majority of all stays: 2 of 5, 1 of 3 and of 4. */
export function faultsTolerated(voters: number): number {
  return Math.max(0, Math.ceil(voters / 2) - 1);
}

/** How many more of the healthy voters may fail; 0 also when there is no majority any more. */
export function faultsToleratedNow(voters: number, healthy: number): number {
  return Math.max(0, healthy - (Math.floor(voters / 2) + 1));
}
