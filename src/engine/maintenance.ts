import { setTimeout as sleep } from 'node:timers/promises';
import { AlarmRequest_AlarmAction, AlarmType } from '../etcd/api/etcdserverpb/rpc_pb.js';
import type { EtcdClient } from '../etcd/etcd-client.js';
import { EtcdError } from '../etcd/etcd-error.js';
import { DefragmentationLock } from './defragmentation-lock.js';
import type { EngineLogger } from './engine-logger.js';
import { HistoryHolds } from './history-holds.js';
import { handOver } from './leadership.js';
import { memberStatus } from './member-status.js';
import type { MemberStatus } from './member-status.js';
import { addressOf } from './peer-client.js';
import type { PeerClient } from './peer-client.js';
import { defragmentationPays, isRelieved, isTight, spaceStatus } from './space.js';
import type { SpaceStatus } from './space.js';

/** Milliseconds. */
export type MaintenanceTiming = {
  /** Between two looks at the member. */
  readonly poll: number;
  /**
   * Between two compactions, and how much history they leave: who was away for longer reads the store anew.
   */
  readonly compaction: number;
  readonly history: number;
  /** How much history is left when space gets short; it is compacted at every look then. */
  readonly tightHistory: number;
  /** From one defragmentation to the next, unless space is short. */
  readonly defragmentation: number;
  /** After this long, a defragmentation pays that gives back little: deleted texts go with it. */
  readonly longTime: number;
  /** At most, for a defragmentation; also how long one that was cut off keeps the others from theirs. */
  readonly longestDefragmentation: number;
};

export const defaultMaintenanceTiming: MaintenanceTiming = {
  poll: 2_000,
  compaction: 30_000,
  history: 120_000,
  tightHistory: 10_000,
  defragmentation: 60_000,
  longTime: 24 * 3_600_000,
  longestDefragmentation: 600_000,
};

export type MaintenanceOptions = {
  readonly client: EtcdClient;
  readonly peers: PeerClient;
  readonly nodeId: string;
  readonly quotaBytes: number;
  readonly logger: EngineLogger;
  readonly timing?: Partial<MaintenanceTiming>;
};

/** The part of the quota that may be written until the member is looked at again, out of turn. */
const unseen = 0.01;
/** Milliseconds between looks at least. */
const shortestPause = 100;
/** Bytes a millisecond of a slow defragmentation, to take turns by. */
const slowRate = 50_000;
const callDeadline = 5_000;

/**
 * Keeps a member within its quota while it runs: history is compacted, free pages are given back, and when
 * the cluster has refused to write for lack of space, it is let write again once there is some. Nothing of it
 * needs a restart.
 */
export class Maintenance {
  private current: SpaceStatus | undefined;
  private busy = false;
  private readonly listeners = new Set<(space: SpaceStatus) => void>();
  private readonly timing: MaintenanceTiming;
  private readonly lock: DefragmentationLock;
  private readonly holds: HistoryHolds;
  private readonly end = new AbortController();
  private work: Promise<void> | undefined;
  /** Bytes since the last look. */
  private written = 0;
  private pause = new AbortController();

  /** Revisions with the time they were seen at; oldest first. */
  private history: { readonly revision: number; readonly at: number }[] = [];
  private compacted = 0;
  private lastCompaction = -Infinity;
  private lastDefragmentation = { ended: performance.now(), took: 0, revision: 0 };
  private alarmedSince: number | undefined;

  constructor(private readonly options: MaintenanceOptions) {
    this.timing = { ...defaultMaintenanceTiming, ...options.timing };
    const { longestDefragmentation } = this.timing;
    this.holds = new HistoryHolds(options.client);
    this.lock = new DefragmentationLock(options.client, options.nodeId, longestDefragmentation);
  }

  /** Undefined until the member has answered. */
  get space(): SpaceStatus | undefined {
    return this.current;
  }

  /** Whether the member is being defragmented: it answers nothing then. */
  get defragmenting(): boolean {
    return this.busy;
  }

  /** Calls the listener when the level changes; returns what ends that. */
  onLevel(listener: (space: SpaceStatus) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** To be told how much is written, through any node: it may fill the database between two looks. */
  noteWritten(bytes: number): void {
    this.written += bytes;
    if (this.written >= unseen * this.options.quotaBytes) this.pause.abort();
  }

  start(): void {
    this.work ??= this.run();
  }

  /** Idempotent. A defragmentation that runs goes on in the member, which ends it before it stops. */
  async close(): Promise<void> {
    this.end.abort();
    this.pause.abort();
    await this.work;
  }

  private async run(): Promise<void> {
    const { signal } = this.end;
    const ended = () => signal.aborted;
    while (!ended()) {
      this.written = 0;
      try {
        await this.look();
      } catch (error) {
        // Without a leader or a member that answers, there is nothing to maintain.
        this.options.logger.debug({ err: error }, 'maintenance could not go on');
      }
      await sleep(Math.min(shortestPause, this.timing.poll), undefined, { signal }).catch(() => undefined);
      // Aborted by `close`, too: of signals that AbortSignal.any makes of a long-lived one, Node 20 keeps something for good.
      this.pause = new AbortController();
      if (!ended() && this.written < unseen * this.options.quotaBytes)
        await sleep(this.timing.poll, undefined, { signal: this.pause.signal }).catch(() => undefined);
    }
  }

  private async look(): Promise<void> {
    let status = await this.status();
    let space = this.learn(status);
    this.remember(status.revision);
    if (!status.hasLeader || status.learner) return;
    if (status.leads) await this.compactIfDue(space);
    this.alarmedSince = status.alarms.some(isNoSpace) ? (this.alarmedSince ?? performance.now()) : undefined;
    if (this.isDefragmentationDue(space) && (await this.isMyTurn(status))) {
      await this.defragment(status.revision, space.level === 'full');
      status = await this.status();
      space = this.learn(status);
    }
    if (this.alarmedSince !== undefined) await this.settleAlarms(status, space);
  }

  private async status(): Promise<MemberStatus> {
    return memberStatus(this.options.client, this.call());
  }

  private learn(status: MemberStatus): SpaceStatus {
    const before = this.current?.level ?? 'ok';
    const space = spaceStatus(status, this.options.quotaBytes, before);
    this.current = space;
    if (before !== space.level) {
      this.report(space);
      for (const listener of this.listeners) listener(space);
    }
    return space;
  }

  private report(space: SpaceStatus): void {
    const { logger } = this.options;
    const percent = `${Math.round((100 * space.sizeBytes) / space.quotaBytes)} %`;
    if (space.level === 'full') {
      logger.warn({ space }, `the database is full (${percent} of its quota): only deleting is possible`);
    } else if (space.level === 'warn') {
      logger.warn({ space }, `the database has reached ${percent} of its quota: delete, or raise the quota`);
    } else {
      logger.info({ space }, `the database has space again (${percent} of its quota)`);
    }
  }

  private remember(revision: number): void {
    const now = performance.now();
    this.history.push({ revision, at: now });
    const kept = this.timing.history + 2 * this.timing.poll;
    this.history = this.history.filter(({ at }) => now - at <= kept);
  }

  /** Only by the leader's node: once for all. */
  private async compactIfDue(space: SpaceStatus): Promise<void> {
    const now = performance.now();
    const tight = isTight(space);
    const keep = tight ? this.timing.tightHistory : this.timing.history;
    const old = this.history.findLast(({ at }) => now - at >= keep)?.revision;
    if (old === undefined || old <= this.compacted) return;
    if (!tight && now - this.lastCompaction < this.timing.compaction) return;
    const held = space.level === 'full' ? Infinity : await this.holds.oldest(this.call());
    const target = Math.min(old, held);
    this.lastCompaction = now;
    if (target <= this.compacted) return;
    try {
      await this.options.client.compact({ revision: BigInt(target) }, this.call());
    } catch (error) {
      // Another leader's node has been here.
      if (!(error instanceof EtcdError && error.code === 'COMPACTED')) throw error;
    }
    this.compacted = target;
  }

  private isDefragmentationDue(space: SpaceStatus): boolean {
    const { ended, took } = this.lastDefragmentation;
    const since = performance.now() - ended;
    const full = space.level === 'full';
    if (since < Math.max(5 * took, full ? 0 : this.timing.defragmentation)) return false;
    return defragmentationPays(space, since, this.timing.longTime) || (full && this.mayHaveFreed());
  }

  /**
   * Whether something was written since the last defragmentation, and compacted since: when nothing is
   * written afterwards, as when the database is full, etcd does not count the pages that this has freed.
   */
  private mayHaveFreed(): boolean {
    const { tightHistory, poll } = this.timing;
    const revision = this.history.at(-1)?.revision ?? 0;
    const since = this.history.find((seen) => seen.revision === revision)?.at ?? Infinity;
    const compacted = performance.now() - since > tightHistory + 2 * poll;
    return compacted && revision > this.lastDefragmentation.revision;
  }

  private async defragment(revision: number, urgent: boolean): Promise<void> {
    const { client, peers, logger } = this.options;
    const { signal } = this.end;
    try {
      // A leader that answers nothing stops the whole cluster.
      const follows = await handOver(client, peers, 3_000, signal);
      if (!follows && !urgent && !(await this.isAlone())) return;
      this.busy = true;
      const began = performance.now();
      await client.defragment({ deadline: this.timing.longestDefragmentation, signal });
      const ended = performance.now();
      this.lastDefragmentation = { ended, took: ended - began, revision };
      logger.info({ milliseconds: Math.round(ended - began) }, 'the database was defragmented');
    } finally {
      this.busy = false;
      await this.lock.release(signal);
    }
  }

  /**
   * One member at a time. While the cluster takes no puts, no lock can be put either: then each member waits
   * for as long as those before it may need. Should two of them overlap all the same, reads through both wait
   * meanwhile.
   */
  private async isMyTurn({ memberId, inUseBytes }: MemberStatus): Promise<boolean> {
    if (this.alarmedSince === undefined) return this.lock.tryAcquire(this.end.signal);
    const voters = await this.voters();
    const turn = Math.max(this.timing.poll, inUseBytes / slowRate);
    return performance.now() - this.alarmedSince >= voters.sort().indexOf(memberId) * turn;
  }

  private async isAlone(): Promise<boolean> {
    return (await this.voters()).length === 1;
  }

  private async voters(): Promise<string[]> {
    const { members } = await this.options.client.memberList({}, this.call());
    return members.filter(({ isLearner }) => !isLearner).map(({ ID }) => ID.toString(16));
  }

  /**
   * Each node ends its own member's alarm once that has room; a member that has none yet raises its own, so
   * that the cluster does not write until all have. The leader's node ends those of members that are gone or
   * down.
   */
  private async settleAlarms(status: MemberStatus, space: SpaceStatus): Promise<void> {
    const raised = status.alarms.filter(isNoSpace).map(({ memberId }) => memberId);
    const { DEACTIVATE, ACTIVATE } = AlarmRequest_AlarmAction;
    if (!isRelieved(space)) {
      if (!raised.includes(status.memberId)) await this.setAlarm(ACTIVATE, status.memberId);
      return;
    }
    for (const memberId of raised) {
      const mine = memberId === status.memberId;
      if (mine || (status.leads && (await this.isGone(memberId)))) await this.setAlarm(DEACTIVATE, memberId);
    }
    this.learn(await this.status());
  }

  private async setAlarm(action: AlarmRequest_AlarmAction, memberId: string): Promise<void> {
    const request = { action, alarm: AlarmType.NOSPACE, memberID: BigInt(`0x${memberId}`) };
    await this.options.client.alarm(request, this.call());
  }

  private async isGone(memberId: string): Promise<boolean> {
    const { client, peers } = this.options;
    const { members } = await client.memberList({}, this.call());
    const member = members.find(({ ID }) => ID.toString(16) === memberId);
    return !member || !(await peers.answers(addressOf(member.peerURLs), { deadline: 2_000 }));
  }

  private call() {
    return { deadline: callDeadline, signal: this.end.signal };
  }
}

function isNoSpace({ type }: { readonly type: string }): boolean {
  return type === 'NOSPACE';
}
