import { SocketAddress } from '../../src/engine/socket-address.js';
import { EtcdClient } from '../../src/etcd/etcd-client.js';
import type { NodeProcess } from '../cluster/node-process.js';
import type { Fault, FaultParts } from './fault.js';

/** Milliseconds. */
const deadline = 30_000;

/** The history that streams and snapshots read is gone all of a sudden, up to now. */
export function compact({ cluster }: FaultParts, number: number): Fault {
  return {
    kind: 'compact',
    nodes: [number],
    stops: false,
    begin: async () =>
      withMember(cluster.node(number), async (client) => {
        const { header } = await client.status({ deadline });
        const revision = header?.revision ?? 0n;
        await client.compact({ revision }, { deadline });
        return `compacted at revision ${revision}`;
      }),
    heal: () => Promise.resolve('it can not be undone'),
  };
}

/** The member answers nothing while it writes its database anew. */
export function defragment({ cluster }: FaultParts, number: number): Fault {
  return {
    kind: 'defragment',
    nodes: [number],
    stops: false,
    begin: async () =>
      withMember(cluster.node(number), async (client) => {
        await client.defragment({ deadline });
        return `the member of node${number + 1} was defragmented`;
      }),
    heal: () => Promise.resolve('it has ended by itself'),
  };
}

/** The database is filled until sends are refused, and emptied again. */
export function quota({ filler }: FaultParts): Fault {
  return {
    kind: 'quota',
    nodes: [],
    stops: false,
    begin: async () => filler.fill(),
    heal: async () => filler.empty(),
  };
}

async function withMember<T>(node: NodeProcess, action: (client: EtcdClient) => Promise<T>): Promise<T> {
  const socket = await SocketAddress.open(node.dataFolder);
  const client = new EtcdClient(socket.target);
  try {
    return await action(client);
  } finally {
    client.close();
    await socket.close();
  }
}
