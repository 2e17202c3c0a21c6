import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from './engine-error.js';
import type { NodeRecord } from './node-folder.js';
import type { PeerClient } from './peer-client.js';

export type EarlierClusterOptions = {
  readonly record: NodeRecord;
  readonly client: PeerClient;
  readonly signal: AbortSignal;
  /** Milliseconds between two rounds of questions. Default: 250. */
  readonly interval?: number;
  /** Milliseconds for which the others must have said the same. Default: 3,000. */
  readonly patience?: number;
};

/**
 * A new cluster of the same nodes at the same addresses has the ids of the old one: etcd would take a folder of the old one
 * for its member's, with a log that the new one has never had. It is told by this: this member had started, and a majority
 * without it, which knows of every member that did, says that it never has.
 *
 * Throws EngineError EARLIER_CLUSTER.
 */
export async function refuseEarlierCluster(path: string, options: EarlierClusterOptions): Promise<void> {
  const { record, signal, interval = 250, patience = 3_000 } = options;
  const began = performance.now();
  // A member that is just elected, or not yet, may be behind.
  while (await isUnknown(options)) {
    if (performance.now() - began > patience) {
      throw new EngineError(
        'EARLIER_CLUSTER',
        `${path} is of an earlier cluster of these nodes: in the one that runs, ${record.nodeId} has not started yet; ` +
          `move the folder away, and ${record.nodeId} joins it with an empty one`,
      );
    }
    await sleep(interval, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw new EngineError('CLOSED', 'the engine was closed while it started');
  }
}

async function isUnknown({ record, client, signal }: EarlierClusterOptions): Promise<boolean> {
  const { peers, nodeId, memberId, clusterId } = record;
  // It is noted once the member has started.
  if (memberId === undefined) return false;
  const others = Object.entries(peers).filter(([id]) => id !== nodeId);
  const call = { deadline: 1_000, signal };
  const views = await Promise.all(others.map(([, address]) => client.cluster(address, call)));
  const started = views
    .filter((view) => view?.clusterId === clusterId)
    .flatMap((view) => view?.members.filter(({ id }) => id === memberId) ?? [])
    .map((member) => member.started);
  const majority = Math.floor(Object.keys(peers).length / 2) + 1;
  return started.length >= majority && !started.includes(true);
}
