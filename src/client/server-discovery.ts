import type { Failover } from './failover.js';
import { decodeStatus } from './decode.js';
import type { ClusterStatus } from './types.js';
import { within } from './within.js';

/** Which of a node's addresses the transport takes: HOST:PORT for gRPC, or URLs. */
export type AddressKind = 'grpc' | 'web';

/** Milliseconds between two questions. */
const pause = 300_000;
/** The same after a question that was not answered. */
const pauseAfterFailure = 30_000;
/** Milliseconds for an answer: the server asks all others meanwhile. */
const deadline = 10_000;

/** Of the nodes that a server knows; those whose addresses are not known are left out. */
export function addressesIn({ nodes }: ClusterStatus, kind: AddressKind): readonly string[] {
  const addresses = nodes.map((node) => (kind === 'grpc' ? node.serverAddress : node.webAddress));
  return addresses.filter((address) => address !== '');
}

/**
 * Learns which nodes there are while a session lasts, which may be longer than the nodes do. What it asks says
 * nothing about whether a server works: a slow answer must not make a client leave a server that serves it.
 */
export class ServerDiscovery {
  private next = -Infinity;

  constructor(private readonly failover: Failover) {}

  /** Asks a server that has just answered something, unless one was asked in the last 5 minutes. Never throws. */
  async ask(server: string, signal: AbortSignal): Promise<void> {
    const { clock, servers, addresses } = this.failover.parts;
    if (clock.now() < this.next) return;
    this.next = clock.now() + pause;
    try {
      const { headers } = this.failover;
      const reply = await within(clock, deadline, signal, (limit) =>
        this.failover.on(server).cluster.getStatus({}, { headers, signal: limit }),
      );
      servers.learn(addressesIn(decodeStatus(reply), addresses));
    } catch {
      this.next = clock.now() + pauseAfterFailure;
    }
  }
}
