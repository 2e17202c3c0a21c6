import { memberStatus } from '../engine/member-status.js';
import { spaceStatus } from '../engine/space.js';
import type { SpaceLevel } from '../engine/space.js';
import { EtcdStore } from '../kv-etcd/etcd-store.js';
import { StoreError } from '../kv/store-error.js';
import type { Store } from '../kv/store.js';
import type { ClusterConfig } from './config.js';
import { notAnswering, openNodeClient } from './node-client.js';
import type { NodeClient } from './node-client.js';

/** Milliseconds between looks at how full the database is. */
const interval = 1_000;

/** The store of a cluster, through a node that runs on this machine, for a program beside it. */
export class NodeStore {
  private level: SpaceLevel = 'ok';
  private looking: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly quotaBytes: number,
    private readonly node: NodeClient,
  ) {}

  /** Throws StartError. */
  static async open(serverData: string, { nodeId, quotaBytes }: ClusterConfig): Promise<Store> {
    const opened = new NodeStore(quotaBytes, await openNodeClient(serverData, nodeId));
    try {
      return await opened.start();
    } catch (cause) {
      await opened.close();
      if (!(cause instanceof StoreError)) throw cause;
      throw notAnswering(nodeId, cause);
    }
  }

  private async start(): Promise<Store> {
    await this.look();
    this.timer = setInterval(() => {
      this.looking = this.look();
    }, interval);
    const store = await EtcdStore.open({
      client: this.node.client,
      full: () => this.level === 'full',
      feedBytes: 0,
    });
    return {
      read: (requests, options) => store.read(requests, options),
      count: (range, options) => store.count(range, options),
      commit: (commit, options) => store.commit(commit, options),
      changes: (after, options) => store.changes(after, options),
      close: async () => {
        await store.close();
        await this.close();
      },
    };
  }

  /** What is known stays while the member does not answer. */
  private async look(): Promise<void> {
    const status = await memberStatus(this.node.client, { deadline: interval }).catch(() => undefined);
    if (status) this.level = spaceStatus(status, this.quotaBytes, this.level).level;
  }

  private async close(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
    await this.node.close();
  }
}
