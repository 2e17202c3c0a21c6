import { join } from 'node:path';
import { memberStatus } from '../engine/member-status.js';
import type { MemberStatus } from '../engine/member-status.js';
import { SocketAddress } from '../engine/socket-address.js';
import { EtcdClient } from '../etcd/etcd-client.js';
import type { ClusterPlan, NodePlan } from './cluster-plan.js';

const deadline = 800;

/** Looks at one node's member from outside, through the socket in the node's folder. */
export class NodeView {
  private socket: SocketAddress | undefined;
  private client: EtcdClient | undefined;

  constructor(
    private readonly plan: ClusterPlan,
    private readonly node: NodePlan,
  ) {}

  /** Undefined when the member does not answer. */
  async look(): Promise<MemberStatus | undefined> {
    try {
      this.socket ??= await SocketAddress.open(join(this.plan.folder, this.node.id));
      this.client ??= new EtcdClient(this.socket.target);
      return await memberStatus(this.client, { deadline });
    } catch {
      return undefined;
    }
  }

  async close(): Promise<void> {
    this.client?.close();
    await this.socket?.close();
  }
}
