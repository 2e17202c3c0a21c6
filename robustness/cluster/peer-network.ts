import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { Pipe } from './pipe.js';
import { connectionsTo } from './socket-owners.js';

/** A connection between two members; `from` is the one that made it, undefined until that matters. */
type Link = {
  from: number | undefined;
  readonly port: number;
  readonly to: number;
  readonly requests: Pipe;
  readonly answers: Pipe;
  readonly close: () => void;
};

/**
 * What the nodes reach each other through: a proxy before each node's Raft port. Each direction between two nodes
 * can be blocked, as by a broken cable (connections stay open and carry nothing), or slowed down.
 */
export class PeerNetwork {
  /** Where the nodes find each other, on the same ports. */
  static readonly host = '127.0.0.2';

  private readonly links = new Set<Link>();
  private readonly servers: Server[] = [];
  private readonly blocked = new Set<string>();
  private readonly delays = new Map<string, number>();
  /** Chunks of bytes that a fault has held back or delayed. */
  private touched = 0;

  /** `ports`: of the nodes' Raft ports, on 127.0.0.1. `pidOf`: the process of a node; 0 when there is none. */
  private constructor(
    private readonly ports: readonly number[],
    private readonly pidOf: (node: number) => number,
  ) {}

  static async open(ports: readonly number[], pidOf: (node: number) => number): Promise<PeerNetwork> {
    const network = new PeerNetwork(ports, pidOf);
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

  /** Grows with each chunk of bytes that a fault meets. */
  get held(): number {
    return this.touched;
  }

  /** Nothing gets from one node to the other any more. */
  block(from: number, to: number): void {
    this.blocked.add(way(from, to));
    this.applyToAll();
  }

  /** Connections that carried nothing are broken: what was sent meanwhile is lost, as most of it would be. */
  unblock(from: number, to: number): void {
    if (!this.blocked.delete(way(from, to))) return;
    for (const link of this.links) if (joins(link, from, to)) link.close();
    this.applyToAll();
  }

  /** `delay`: milliseconds that everything takes longer; 0: none. */
  slow(from: number, to: number, delay: number): void {
    if (delay === 0) this.delays.delete(way(from, to));
    else this.delays.set(way(from, to), delay);
    this.applyToAll();
  }

  close(): void {
    for (const server of this.servers) server.close();
    for (const link of this.links) link.close();
  }

  private accept(incoming: Socket, to: number): void {
    const outgoing = connect({ host: '127.0.0.1', port: this.ports[to] ?? 0, allowHalfOpen: true });
    const onTouched = () => {
      this.touched += 1;
    };
    const close = () => {
      incoming.destroy();
      outgoing.destroy();
      link.requests.close();
      link.answers.close();
      this.links.delete(link);
    };
    const link: Link = {
      from: undefined,
      port: incoming.remotePort ?? 0,
      to,
      requests: new Pipe(incoming, outgoing, onTouched),
      answers: new Pipe(outgoing, incoming, onTouched),
      close,
    };
    this.links.add(link);
    for (const end of [incoming, outgoing]) end.on('error', close).on('close', close);
    if (this.faulty) this.applyToAll();
  }

  private get faulty(): boolean {
    return this.blocked.size > 0 || this.delays.size > 0;
  }

  private applyToAll(): void {
    if (this.faulty) this.findOwners();
    for (const link of this.links) this.apply(link);
  }

  private apply({ from, to, requests, answers }: Link): void {
    if (from === undefined) return;
    requests.set(this.blocked.has(way(from, to)), this.delays.get(way(from, to)) ?? 0);
    answers.set(this.blocked.has(way(to, from)), this.delays.get(way(to, from)) ?? 0);
  }

  /** All come from this machine: whose a connection is shows only in who holds its other end. */
  private findOwners(): void {
    if (![...this.links].some(({ from }) => from === undefined)) return;
    const owners = connectionsTo(
      this.ports,
      this.ports.map((_, node) => this.pidOf(node)),
    );
    for (const link of this.links) {
      link.from ??= owners.get(link.port);
      // Whose it was can't be told any more: it must not get past a fault.
      if (link.from === undefined) link.close();
    }
  }
}

function way(from: number, to: number): string {
  return `${from} to ${to}`;
}

function joins({ from, to }: Link, a: number, b: number): boolean {
  return (from === a && to === b) || (from === b && to === a);
}
