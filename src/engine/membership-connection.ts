import { join } from 'node:path';
import { EtcdClient } from '../etcd/etcd-client.js';
import { EngineError } from './engine-error.js';
import { Membership } from './membership.js';
import { openTransport, PeerClient } from './peer-client.js';
import type { PeerTls } from './peer-client.js';
import { SocketAddress } from './socket-address.js';

export type MembershipConnectionOptions = {
  readonly serverData: string;
  readonly nodeId: string;
  readonly peerTls?: PeerTls | undefined;
};

/** The members through a node that runs on this machine, for a command of the same user beside it. */
export class MembershipConnection {
  private constructor(
    readonly membership: Membership,
    private readonly client: EtcdClient,
    private readonly socket: SocketAddress,
  ) {}

  /**
   * Throws EngineError UNAVAILABLE when the folder can't be reached; a node that doesn't run shows at the
   * first call.
   */
  static async open({
    serverData,
    nodeId,
    peerTls,
  }: MembershipConnectionOptions): Promise<MembershipConnection> {
    const folder = join(serverData, nodeId);
    try {
      const transport = await openTransport(peerTls);
      const socket = await SocketAddress.open(folder);
      const client = new EtcdClient(socket.target);
      const { scheme } = transport;
      const membership = new Membership({ client, peers: new PeerClient(transport), scheme });
      return new MembershipConnection(membership, client, socket);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `${nodeId} can not be reached through its folder ${folder}: ${reason}`;
      throw new EngineError('UNAVAILABLE', message, { cause });
    }
  }

  async close(): Promise<void> {
    this.client.close();
    await this.socket.close();
  }
}
