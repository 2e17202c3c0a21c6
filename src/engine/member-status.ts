import type { EtcdCallOptions, EtcdClient } from '../etcd/etcd-client.js';

/** One member, as it sees itself. It may be behind the others. */
export type MemberStatus = {
  /** Hexadecimal, as in etcd's logs. */
  readonly memberId: string;
  /** Hexadecimal, too. */
  readonly clusterId: string;
  /** Undefined: it knows of none, so that nothing can be written or read through it. */
  readonly leaderId: string | undefined;
  readonly hasLeader: boolean;
  readonly leads: boolean;
  readonly learner: boolean;
  readonly term: number;
  /** Of the Raft log. */
  readonly appliedIndex: number;
  /** Of the store. */
  readonly revision: number;
  /** Of the database file. */
  readonly sizeBytes: number;
  /** Of it, what holds data; the rest is free, and used before the file grows. */
  readonly inUseBytes: number;
  /** Of the etcd program, such as 3.5.30. */
  readonly version: string;
  /** Of any member. */
  readonly alarms: readonly Alarm[];
  /** What the member reports besides. */
  readonly errors: readonly string[];
};

export type Alarm = {
  readonly memberId: string;
  /** NOSPACE: it has reached its quota, and the cluster takes no more puts. CORRUPT: its data differs. */
  readonly type: string;
};

/** Throws EtcdError: also while the member has not reached a majority since its process started. */
export async function memberStatus(client: EtcdClient, options: EtcdCallOptions): Promise<MemberStatus> {
  const answer = await client.status(options);
  const memberId = toHex(answer.header?.memberId ?? 0n);
  const leaderId = answer.leader === 0n ? undefined : toHex(answer.leader);
  const alarms: Alarm[] = [];
  const errors: string[] = [];
  for (const text of answer.errors) {
    // In the text form of a protocol buffer.
    const [, member, type] = /^memberID:(\d+) alarm:(\w+)/.exec(text) ?? [];
    if (member !== undefined && type !== undefined) alarms.push({ memberId: toHex(BigInt(member)), type });
    else errors.push(text);
  }
  return {
    memberId,
    clusterId: toHex(answer.header?.clusterId ?? 0n),
    leaderId,
    hasLeader: leaderId !== undefined,
    leads: leaderId === memberId,
    learner: answer.isLearner,
    term: Number(answer.raftTerm),
    appliedIndex: Number(answer.raftAppliedIndex),
    revision: Number(answer.header?.revision ?? 0n),
    sizeBytes: Number(answer.dbSize),
    inUseBytes: Number(answer.dbSizeInUse),
    version: answer.version,
    alarms,
    errors,
  };
}

function toHex(id: bigint): string {
  return id.toString(16);
}
