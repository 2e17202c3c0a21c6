import { resolve } from 'node:path';
import { memberLimits } from '../etcd/member-limits.js';
import type { PeerTls } from './peer-client.js';
import type { Address } from './peers.js';
import { formatAddress } from './peers.js';
import type { StartPlan } from './formation.js';
import { clientUrl } from './socket-address.js';

/** What may be changed of a member; docs/decisions/engine.md has the measurements behind the defaults. */
export type MemberTuning = {
  /** Milliseconds between the leader's heartbeats. Default: 100. */
  readonly heartbeat?: number;
  /** Milliseconds without one until a follower may stand for election; up to twice as long. Default: 700. */
  readonly election?: number;
  /** Bytes of the database file at which etcd refuses to write. Default: 8 GiB. */
  readonly quotaBytes?: number;
  /** Entries of the Raft log between two snapshots: they are kept in memory. Default: 1,000. */
  readonly snapshotCount?: number;
};

export const defaultTuning: Required<MemberTuning> = {
  heartbeat: 100,
  election: 700,
  quotaBytes: 8 * 1_024 ** 3,
  snapshotCount: 1_000,
};

/** The folder of etcd's own data, within the node's. */
export const etcdFolder = 'etcd';

export type MemberIdentity = {
  readonly nodeId: string;
  /** An IP address, or `localhost`, and the Raft port. */
  readonly listen: Address;
  /** HOST:PORT where the other members reach this one. */
  readonly address: string;
  readonly peerTls?: PeerTls | undefined;
};

/** How to call etcd in the node's folder. */
export function memberFlags(
  { nodeId, listen, address, peerTls }: MemberIdentity,
  { state, members, token }: StartPlan,
  tuning: MemberTuning = {},
): string[] {
  const scheme = peerTls ? 'https' : 'http';
  const { heartbeat, election, quotaBytes, snapshotCount } = { ...defaultTuning, ...tuning };
  const url = (hostAndPort: string) => `${scheme}://${hostAndPort}`;
  const flags: [string, string][] = [
    ['--name', nodeId],
    ['--data-dir', etcdFolder],
    ['--listen-client-urls', clientUrl],
    ['--advertise-client-urls', clientUrl],
    ['--listen-peer-urls', url(formatAddress(listen))],
    ['--initial-advertise-peer-urls', url(address)],
    ['--initial-cluster', members.map(([id, peer]) => `${id}=${url(peer)}`).join(',')],
    ['--initial-cluster-state', state],
    ['--initial-cluster-token', token],
    ['--heartbeat-interval', String(heartbeat)],
    ['--election-timeout', String(election)],
    ['--snapshot-count', String(snapshotCount)],
    // Two of each: etcd needs no more than the last, and deleted texts are in the others.
    ['--max-snapshots', '2'],
    ['--max-wals', '2'],
    ['--quota-backend-bytes', String(quotaBytes)],
    ['--max-txn-ops', String(memberLimits.txnOperations)],
    ['--max-request-bytes', String(memberLimits.requestBytes)],
    // Compaction is src/engine/maintenance.ts: it hurries when space gets short, etcd's own does not.
    ['--auto-compaction-retention', '0'],
    ['--logger', 'zap'],
    ['--log-outputs', 'stderr'],
    ['--log-level', 'info'],
  ];
  if (peerTls) {
    flags.push(
      ['--peer-cert-file', resolve(peerTls.certFile)],
      ['--peer-key-file', resolve(peerTls.keyFile)],
      ['--peer-trusted-ca-file', resolve(peerTls.caFile)],
    );
  }
  // Without pre-vote, a member that comes back can depose a leader that is well.
  return [...flags.flat(), '--pre-vote', ...(peerTls ? ['--peer-client-cert-auth'] : [])];
}
