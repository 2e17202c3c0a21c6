import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { Pipe } from './pipe.js';

/** A connection to a member; `from` is the one that made it, undefined until it has said who it is. */
type Link = {
  from: number | undefined;
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
  /** Chunks of bytes that a fault has held back or delayed, by way. */
  private readonly touched = new Map<string, number>();

  /** `ports`: of the nodes' Raft ports, on 127.0.0.1. */
  private constructor(private readonly ports: readonly number[]) {}

  static async open(ports: readonly number[]): Promise<PeerNetwork> {
    const network = new PeerNetwork(ports);
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

  /** Grows with each chunk of bytes from one node to the other that a fault meets. What is nobody's is not counted. */
  held(from: number, to: number): number {
    return this.touched.get(way(from, to)) ?? 0;
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
    const touch = (from: number | undefined, end: number | undefined) => {
      if (from === undefined || end === undefined) return;
      this.touched.set(way(from, end), this.held(from, end) + 1);
    };
    const close = () => {
      incoming.destroy();
      outgoing.destroy();
      link.requests.close();
      link.answers.close();
      this.links.delete(link);
    };
    // Before the pipe takes the first bytes, so that nothing gets past a fault.
    incoming.once('data', (bytes: Buffer) => {
      link.from = this.callerIn(bytes);
      this.apply(link);
    });
    const link: Link = {
      from: undefined,
      to,
      requests: new Pipe(incoming, outgoing, () => touch(link.from, to)),
      answers: new Pipe(outgoing, incoming, () => touch(to, link.from)),
      close,
    };
    this.links.add(link);
    for (const end of [incoming, outgoing]) end.on('error', close).on('close', close);
  }

  /**
   * A member names its own address in the head of each request of Raft's. What does not, such as a look whether a member is
   * there, is nobody's: it is cut off with the one that it goes to.
   */
  private callerIn(bytes: Buffer): number | undefined {
    const [, port] = /^x-peerurls: *http:\/\/[^:\s]+:(\d+)/im.exec(bytes.toString('latin1')) ?? [];
    const node = this.ports.indexOf(Number(port));
    return node < 0 ? undefined : node;
  }

  private applyToAll(): void {
    for (const link of this.links) this.apply(link);
  }

  private apply({ from, to, requests, answers }: Link): void {
    const others = this.ports.map((_, node) => node).filter((node) => node !== to);
    const callers = from === undefined ? others : [from];
    const blocked = (ways: readonly string[]) =>
      ways.length > 0 && ways.every((one) => this.blocked.has(one));
    const delay = (ways: readonly string[]) => Math.max(0, ...ways.map((one) => this.delays.get(one) ?? 0));
    for (const [pipe, ways] of [
      [requests, callers.map((caller) => way(caller, to))],
      [answers, callers.map((caller) => way(to, caller))],
    ] as const)
      pipe.set(blocked(ways), delay(ways));
  }
}

function way(from: number, to: number): string {
  return `${from} to ${to}`;
}

function joins({ from, to }: Link, a: number, b: number): boolean {
  if (from === undefined) return to === a || to === b;
  return (from === a && to === b) || (from === b && to === a);
}
