import { checkServerIdentity } from 'node:tls';
import type { PeerCertificate } from 'node:tls';
import { fromBinary } from '@bufbuild/protobuf';
import { Client, Metadata, credentials } from '@grpc/grpc-js';
import type { ChannelCredentials } from '@grpc/grpc-js';
import { GetNodeResponseSchema, NodeService } from '../api/holdfast/internal/v1/node_pb.js';
import type { Node } from '../api/holdfast/v1/cluster_pb.js';

/** Milliseconds; a node that takes longer is told as one that can't be reached. */
const deadline = 1_000;
const { getNode } = NodeService.method;
const path = `/${getNode.parent.typeName}/${getNode.name}`;
const same = (bytes: Buffer): Buffer => bytes;

/** Whatever runs at a node's address may answer. */
function decode(bytes: Buffer): Node | undefined {
  try {
    return fromBinary(GetNodeResponseSchema, bytes).node;
  } catch {
    return undefined;
  }
}

/** Calls to the other nodes of the cluster. Keeps a connection to each. */
export class NodeCalls {
  private readonly clients = new Map<string, Client>();

  /** `ca`: PEM of the authorities that the nodes' certificates are of; undefined: the nodes speak plain text. */
  constructor(private ca: Buffer | undefined) {}

  /** From now on, other authorities. */
  trust(ca: Buffer | undefined): void {
    this.ca = ca;
    this.close();
  }

  /**
   * Undefined when the node does not answer in time, or refuses. `raftHost`: where it is reached by other nodes; its
   * certificate may be for that or for the host of the address, which may be a name that only clients use.
   */
  async getNode(address: string, raftHost: string, secret: string): Promise<Node | undefined> {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${secret}`);
    const options = { deadline: Date.now() + deadline };
    return new Promise((resolve) => {
      this.client(address, raftHost).makeUnaryRequest(
        path,
        same,
        same,
        Buffer.alloc(0),
        metadata,
        options,
        (error, bytes) => {
          resolve(error || !bytes ? undefined : decode(bytes));
        },
      );
    });
  }

  close(): void {
    for (const client of this.clients.values()) client.close();
    this.clients.clear();
  }

  private client(address: string, raftHost: string): Client {
    const key = `${address} ${raftHost}`;
    const known = this.clients.get(key);
    if (known) return known;
    const client = new Client(address, this.credentials(raftHost), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.enable_retries': 0,
      'grpc.max_reconnect_backoff_ms': 1_000,
    });
    this.clients.set(key, client);
    return client;
  }

  private credentials(raftHost: string): ChannelCredentials {
    const { ca } = this;
    if (!ca) return credentials.createInsecure();
    const identify = (host: string, certificate: PeerCertificate) =>
      checkServerIdentity(host, certificate) && checkServerIdentity(raftHost, certificate);
    return credentials.createSsl(ca, null, null, { checkServerIdentity: identify });
  }
}
