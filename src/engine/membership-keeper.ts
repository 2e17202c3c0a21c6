import { setTimeout as sleep } from 'node:timers/promises';
import type { EtcdClient } from '../etcd/etcd-client.js';
import type { EngineLogger } from './engine-logger.js';
import { memberStatus } from './member-status.js';
import type { Membership } from './membership.js';
import type { NodeFolder } from './node-folder.js';

export type MembershipKeeperOptions = {
  readonly client: EtcdClient;
  readonly membership: Membership;
  readonly folder: NodeFolder;
  readonly logger: EngineLogger;
  /** Milliseconds between two looks. Default: 2,000. */
  readonly poll?: number;
};

/**
 * While the member runs: the folder's record follows the real members, and the leader's node promotes
 * learners.
 */
export class MembershipKeeper {
  private readonly end = new AbortController();
  private work: Promise<void> | undefined;

  constructor(private readonly options: MembershipKeeperOptions) {}

  start(): void {
    this.work ??= this.run();
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.end.abort();
    await this.work;
  }

  private async run(): Promise<void> {
    const { logger, poll = 2_000 } = this.options;
    const { signal } = this.end;
    while (!signal.aborted) {
      try {
        await this.look();
      } catch (error) {
        logger.debug({ err: error }, 'the members could not be looked at');
      }
      await sleep(poll, undefined, { signal }).catch(() => undefined);
    }
  }

  private async look(): Promise<void> {
    const { client, membership, folder, logger } = this.options;
    const { memberId, clusterId, leads } = await memberStatus(client, {
      deadline: 5_000,
      signal: this.end.signal,
    });
    const members = await membership.list();
    // The record says from then on that it has been one that has started (`refuseEarlierCluster`).
    if (!members.some(({ id, started }) => id === memberId && started)) return;
    const named = members.filter(({ name }) => name !== '');
    const peers = Object.fromEntries(named.map(({ name, address }) => [name, address]));
    // A member that has just been removed knows it only for an instant.
    if (!Object.hasOwn(peers, folder.record.nodeId)) return;
    const change = await folder.update({ peers, memberId, clusterId });
    if (change !== undefined) {
      logger.warn(
        { peers },
        `the cluster's members have changed (${change}): set "peers" to them on every node`,
      );
    }
    if (!leads) return;
    for (const { name } of await membership.promoteReady()) {
      logger.info({ node: name }, `${name} has caught up and votes now`);
    }
  }
}
