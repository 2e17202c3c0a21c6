import { SchemaError, requireKnownSchema } from '../chat/schema.js';
import { FolderError } from '../folder/folder-error.js';
import { EtcdMoment } from '../kv-etcd/etcd-moment.js';
import { LmdbMoment } from '../kv-lmdb/lmdb-moment.js';
import { LmdbStore } from '../kv-lmdb/lmdb-store.js';
import type { Moment } from '../kv/moment.js';
import { StoreError } from '../kv/store-error.js';
import type { Store } from '../kv/store.js';
import type { Config } from './config.js';
import { notAnswering, openNodeClient } from './node-client.js';
import { NodeStore } from './node-store.js';
import { StartError } from './start-error.js';

/**
 * The data of the server that the configuration is of, for a program that is not this server: of one alone, while it
 * is stopped; of a cluster's node, while it runs. It keeps no changes in memory. `create`: makes the store where there is none. Throws StartError;
 * then nothing has been changed.
 */
export async function openStore(config: Config, { create }: { readonly create: boolean }): Promise<Store> {
  const { cluster, serverData } = config;
  try {
    if (cluster) return await requireKnown(await NodeStore.open(serverData, cluster));
    return await LmdbStore.open({ folder: serverData, create, accept: requireKnownSchema, feedBytes: 0 });
  } catch (cause) {
    throw asStartError(cause);
  }
}

/** Its data as it is at one moment, whether or not the server runs; of a cluster, its node runs. Throws StartError. */
export async function openMoment({ cluster, serverData }: Config): Promise<Moment> {
  try {
    return await requireKnown(
      cluster ? await openNodeMoment(serverData, cluster.nodeId) : await LmdbMoment.open(serverData),
    );
  } catch (cause) {
    throw asStartError(cause);
  }
}

/** Closes what only a newer program can use. */
async function requireKnown<T extends Moment>(opened: T): Promise<T> {
  try {
    await requireKnownSchema(opened);
    return opened;
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function openNodeMoment(serverData: string, nodeId: string): Promise<Moment> {
  const node = await openNodeClient(serverData, nodeId);
  try {
    const moment = await EtcdMoment.open({ client: node.client });
    return {
      read: (requests) => moment.read(requests),
      count: (range) => moment.count(range),
      close: async () => {
        await moment.close();
        await node.close();
      },
    };
  } catch (cause) {
    await node.close();
    throw cause instanceof StoreError ? notAnswering(nodeId, cause) : cause;
  }
}

/** For what is told in one line. */
function asStartError(cause: unknown): unknown {
  const plain = cause instanceof FolderError || cause instanceof SchemaError;
  return plain ? new StartError(cause.message, { cause }) : cause;
}
