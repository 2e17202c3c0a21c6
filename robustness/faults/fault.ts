import type { Cluster } from '../cluster/cluster.js';
import type { Random } from '../random.js';

/** Those that `--faults` can name. */
export const faultKinds = [
  'kill',
  'pause',
  'cut',
  'cut-out',
  'cut-in',
  'slow',
  'clock',
  'restart',
  'rolling-restart',
  'replace',
  'compact',
  'defragment',
  'quota',
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** Something that goes wrong, and is put right again. */
export interface Fault {
  readonly kind: FaultKind;
  /** Numbers of the nodes that it meets. */
  readonly nodes: readonly number[];
  /** Whether these can't serve because of it. */
  readonly stops: boolean;
  /** Resolves when it is in force, to what shows that. */
  begin(): Promise<string>;
  /** Resolves when all is as before, to what shows that it happened. */
  heal(): Promise<string>;
}

export type FaultParts = {
  readonly cluster: Cluster;
  readonly random: Random;
  /** Resolves once every node takes part again. */
  readonly allHealthy: () => Promise<void>;
  /** Resolves when the store is full, and when it has room again. */
  readonly filler: Filler;
};

export interface Filler {
  fill(): Promise<string>;
  empty(): Promise<string>;
}
