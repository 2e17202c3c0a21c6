import type { Logger } from 'pino';
import { importUnfinished } from '../chat/import-state.js';
import { raiseSchema, requireKnownSchema } from '../chat/schema.js';
import type { Store } from '../kv/store.js';
import { LmdbStore } from '../kv-lmdb/lmdb-store.js';
import { NodeHealth, NodeRole, SpaceLevel } from '../api/holdfast/v1/cluster_pb.js';
import type { Backend, OwnAddresses } from './backend.js';
import type { Cluster, ClusterStatus, NodeStatus } from './cluster.js';
import type { Config } from './config.js';
import type { Addresses } from './route.js';
import type { BatchReport } from './store-metrics.js';
import { StartError } from './start-error.js';
import { version } from './version.js';

/** Bytes of room; the store itself keeps some back when it is full. */
const low = 256 * 1_024 * 1_024;

/** Milliseconds between two lines that say that the disk fails. */
const faultPause = 10_000;

const nodeId = 'standalone';

/** A server alone, on the embedded store. */
export class Standalone implements Backend, Cluster {
  readonly cluster = this;
  readonly ready = true;
  readonly leads = true;
  readonly secret = undefined;
  readonly quotaBytes = 0;
  readonly callTime = undefined;
  readonly leaderChanges = 0;
  readonly failure = new Promise<Error>(() => undefined);
  addresses: Addresses = { servers: [], webServers: [] };
  private own: OwnAddresses = { server: '', web: '' };

  private constructor(
    private readonly config: Config,
    private readonly store: LmdbStore,
  ) {}

  /** Throws FolderError, SchemaError, or StartError while the store has only a part of what is imported into it. */
  static async open(
    config: Config,
    logger: Pick<Logger, 'warn' | 'error'>,
    observe: (report: BatchReport) => void,
  ): Promise<Standalone> {
    const { serverData: folder } = config;
    const onFault = faultLog(folder, logger);
    const store = await LmdbStore.open({ folder, accept: requireKnownSchema, onFault, observe });
    try {
      if (await importUnfinished(store)) {
        throw new StartError(
          `an import or a restore into ${config.serverData} was cut off: run it with the same file first`,
        );
      }
      await raiseSchema(store);
      if (store.erasureWaits) {
        const { bytes, bytesAvailable } = await store.size();
        logger.warn(
          { bytes, bytesAvailable },
          'what was deleted is still on the disk: it leaves at the next start with room for a second copy of the data',
        );
      }
      return new Standalone(config, store);
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  async start(): Promise<Store> {
    return Promise.resolve(this.store);
  }

  announce(own: OwnAddresses): void {
    const { serverAddresses, webAddresses } = this.config;
    this.own = own;
    this.addresses = {
      servers: serverAddresses.length > 0 ? serverAddresses : [own.server],
      webServers: webAddresses.length > 0 ? webAddresses : [own.web],
    };
  }

  async status(): Promise<ClusterStatus> {
    const nodes = [await this.node()];
    return { nodeId, nodes, faultsToleratedNow: 0, faultsToleratedMax: 0 };
  }

  async node(): Promise<NodeStatus> {
    const { revision } = await this.store.read([]);
    const { bytes, bytesInUse, bytesAvailable, full } = await this.store.size();
    return {
      id: nodeId,
      serverAddress: this.own.server,
      webAddress: this.own.web,
      role: NodeRole.STANDALONE,
      health: NodeHealth.HEALTHY,
      version,
      appliedRevision: BigInt(revision),
      databaseBytes: BigInt(bytes),
      databaseBytesInUse: BigInt(bytesInUse),
      space: levelOf(bytesAvailable + bytes - bytesInUse, full),
    };
  }

  async close(): Promise<void> {
    await this.store.close();
  }
}

/** Says that the disk fails, but not with every call. */
function faultLog(folder: string, logger: Pick<Logger, 'error'>): (error: Error) => void {
  let silentUntil = -Infinity;
  return (error) => {
    const now = performance.now();
    if (now < silentUntil) return;
    silentUntil = now + faultPause;
    const message = `what people write can not be kept in ${folder}, and is refused: ${error.message}; look at its disk`;
    logger.error({ err: error }, message);
  };
}

function levelOf(room: number, full: boolean): SpaceLevel {
  if (full) return SpaceLevel.FULL;
  return room < low ? SpaceLevel.LOW : SpaceLevel.OK;
}
