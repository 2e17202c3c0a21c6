import type { Store } from '../kv/store.js';
import type { Cluster } from './cluster.js';
import type { Addresses } from './route.js';

/** What keeps a server's data, alone or with others. */
export interface Backend {
  readonly cluster: Cluster;
  /** Whether what is written and read now reaches the store. */
  readonly ready: boolean;
  /** Whether it is this server that does what one of the cluster is to do. */
  readonly leads: boolean;
  /**
   * Resolves once the store answers, which may take as long as the other nodes do. Throws what makes that
   * impossible, in one line.
   */
  start(): Promise<Store>;
  /** Tells the others, and clients, where this server listens. */
  announce(own: OwnAddresses): void;
  /** Where clients may go. */
  readonly addresses: Addresses;
  /** Milliseconds that a call may take; undefined: any. */
  readonly callTime: number | undefined;
  /** Resolves with what has ended the store for good. */
  readonly failure: Promise<Error>;
  /** Releases everything. Idempotent. */
  close(): Promise<void>;
}

/** Of one server. */
export type OwnAddresses = {
  /** HOST:PORT of the gRPC port. */
  readonly server: string;
  /** URL of the web port. */
  readonly web: string;
};
