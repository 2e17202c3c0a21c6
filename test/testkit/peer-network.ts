import { createServer, connect } from 'node:net';
import type { Server, Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { ownsConnection, processTree } from './process-tree.js';

type Link = { readonly to: number; readonly ends: readonly [Socket, Socket] };

/**
 * What the nodes of a cluster reach each other through: a proxy before each node's Raft port. A node that is
 * cut off is cut off both ways and silently, as by a broken cable: its connections stay open and carry nothing.
 */
export class PeerNetwork {
  private readonly links = new Set<Link>();
  private readonly servers: Server[] = [];
  private readonly cut = new Set<number>();

  /** `ports`: of the nodes' Raft ports, on 127.0.0.1. `pidOf`: the process of a node; 0 when there is none. */
  private constructor(
    private readonly ports: readonly number[],
    private readonly pidOf: (node: number) => number,
  ) {}

  static async open(ports: readonly number[], pidOf: (node: number) => number): Promise<PeerNetwork> {
    const network = new PeerNetwork(ports, pidOf);
    onTestFinished(() => network.close());
    for (const [node, port] of ports.entries()) {
      const server = createServer({ allowHalfOpen: true }, (socket) => network.accept(socket, node));
      network.servers.push(server);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, PeerNetwork.host, resolve);
      });
    }
    return network;
  }

  /** Where the nodes find each other, on the same ports. */
  static readonly host = '127.0.0.2';

  isolate(node: number): void {
    this.cut.add(node);
    for (const link of this.links) this.apply(link);
  }

  heal(node: number): void {
    this.cut.delete(node);
    // What was sent meanwhile is lost, as most of it would be.
    for (const link of this.links) {
      if (link.to === node || this.comesFrom(link, node)) for (const end of link.ends) end.destroy();
    }
  }

  private accept(incoming: Socket, to: number): void {
    const outgoing = connect({ host: '127.0.0.1', port: this.ports[to] ?? 0, allowHalfOpen: true });
    const link: Link = { to, ends: [incoming, outgoing] };
    this.links.add(link);
    const close = () => {
      incoming.destroy();
      outgoing.destroy();
      this.links.delete(link);
    };
    for (const end of link.ends) {
      end.on('error', close);
      end.on('close', close);
    }
    incoming.pipe(outgoing);
    outgoing.pipe(incoming);
    this.apply(link);
  }

  private apply(link: Link): void {
    const [incoming, outgoing] = link.ends;
    if (!this.cut.has(link.to) && ![...this.cut].some((node) => this.comesFrom(link, node))) return;
    incoming.unpipe(outgoing);
    outgoing.unpipe(incoming);
    incoming.pause();
    outgoing.pause();
  }

  /** All come from this machine: whose it is shows only in who holds the other end. */
  private comesFrom({ to, ends: [incoming] }: Link, node: number): boolean {
    return ownsConnection(processTree(this.pidOf(node)), incoming.remotePort ?? 0, this.ports[to] ?? 0);
  }

  private close(): void {
    for (const server of this.servers) server.close();
    for (const { ends } of this.links) for (const end of ends) end.destroy();
  }
}
