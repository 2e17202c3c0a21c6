import { FolderError } from '../folder/folder-error.js';
import { LmdbStore } from '../kv-lmdb/lmdb-store.js';
import type { Store } from '../kv/store.js';
import type { Config } from './config.js';
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
    if (cluster) return await NodeStore.open(serverData, cluster);
    return await LmdbStore.open({ folder: serverData, create, feedBytes: 0 });
  } catch (cause) {
    if (cause instanceof FolderError) throw new StartError(cause.message, { cause });
    throw cause;
  }
}
