import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { SocketAddress, socketName } from '../engine/socket-address.js';
import { EtcdClient } from '../etcd/etcd-client.js';
import { StartError } from './start-error.js';

/** A connection to the etcd member of a node, for a program beside it. */
export type NodeClient = { readonly client: EtcdClient; readonly close: () => Promise<void> };

/** Of a node that runs on this machine: whoever may open its folder may do it. Throws StartError. */
export async function openNodeClient(serverData: string, nodeId: string): Promise<NodeClient> {
  const folder = join(serverData, nodeId);
  await access(join(folder, socketName)).catch((cause: unknown) => {
    throw new StartError(
      `${nodeId} does not run on this machine, or is another user's: no socket in ${folder}`,
      { cause },
    );
  });
  const socket = await SocketAddress.open(folder);
  const client = new EtcdClient(socket.target);
  return {
    client,
    close: async () => {
      client.close();
      await socket.close();
    },
  };
}

export function notAnswering(nodeId: string, cause: unknown): StartError {
  return new StartError(
    `${nodeId} does not answer: it has to run, and a majority of the cluster's nodes with it`,
    { cause },
  );
}
