import { setTimeout as sleep } from 'node:timers/promises';
import type { Member as EtcdMember } from '../etcd/api/etcdserverpb/rpc_pb.js';
import type { EtcdClient } from '../etcd/etcd-client.js';
import { EtcdError } from '../etcd/etcd-error.js';
import { EngineError } from './engine-error.js';
import { handOver } from './leadership.js';
import { addressOf } from './peer-client.js';
import type { PeerClient } from './peer-client.js';
import { isNodeId, nodeIdProblem, parseAddress } from './peers.js';

/** A member of the cluster. */
export type ClusterMember = {
  /** Hexadecimal. */
  readonly id: string;
  /** The node id; empty until the member has started for the first time. */
  readonly name: string;
  /** Its Raft address, HOST:PORT. */
  readonly address: string;
  /** It takes part in no vote yet: it still catches up. */
  readonly learner: boolean;
  readonly started: boolean;
};

export type MemberHealth = ClusterMember & {
  /** It answers on its Raft address. */
  readonly up: boolean;
};

export type MembershipOptions = {
  readonly client: EtcdClient;
  readonly peers: PeerClient;
  readonly scheme: 'http' | 'https';
};

const callDeadline = 5_000;
const probeDeadline = 1_500;
/** etcd takes no change of members before all have been connected for 5 s. */
const settleTime = 8_000;

/**
 * The cluster's members and their changes, through this node's member: for its server, and for a command that
 * the same user runs on the same machine. Every change may be asked for again. Throws EngineError UNAVAILABLE
 * without a majority.
 */
export class Membership {
  constructor(private readonly options: MembershipOptions) {}

  /** As this member knows them; it may be behind. */
  async list(): Promise<ClusterMember[]> {
    return this.members(false);
  }

  /** The members and which of them are up; as this member knows them. */
  async health(): Promise<MemberHealth[]> {
    return this.probe(await this.members(false));
  }

  /**
   * Adds a node at a Raft address as a learner; its node is to be started with an empty folder, and the
   * member is promoted once it has caught up. Throws EngineError MEMBER_EXISTS, UNSAFE.
   */
  async add(nodeId: string, address: string): Promise<ClusterMember> {
    requireNodeId(nodeId);
    requireAddress(address);
    const members = await this.members(true);
    const there = members.find((member) => member.address === address);
    if (there && (there.name === nodeId || there.name === '')) return there;
    if (there) {
      throw new EngineError('MEMBER_EXISTS', `${address} is the address of ${there.name}: use another one`);
    }
    const named = members.find(({ name }) => name === nodeId);
    if (named) {
      throw new EngineError(
        'MEMBER_EXISTS',
        `${nodeId} is a member at ${named.address}: remove it first, or replace it`,
      );
    }
    const url = `${this.options.scheme}://${address}`;
    const added = async () => (await this.members(true)).find((member) => member.address === address);
    await this.change(
      () => this.options.client.memberAdd({ peerURLs: [url], isLearner: true }, this.call()),
      async () => (await added()) !== undefined,
    );
    const member = await added();
    if (member) return member;
    throw new EngineError('UNSAFE', `${address} was added and has been removed by somebody else meanwhile`);
  }

  /**
   * Removes a member, which is named by its node id, its id or its address. False: there is no such one.
   * Throws EngineError UNSAFE when the others that are up would be no majority.
   */
  async remove(which: string): Promise<boolean> {
    const members = await this.members(true);
    const target = find(members, which);
    if (!target) return false;
    await this.requireSafe(members, target);
    await this.removeMember(target);
    return true;
  }

  /**
   * Puts a new member in the place of one that is down, as a learner, at the same address unless another is
   * given. The node's folder must be empty when it starts. Throws EngineError NO_SUCH_MEMBER, UNSAFE,
   * MEMBER_EXISTS.
   */
  async replace(which: string, newAddress?: string): Promise<ClusterMember> {
    const members = await this.members(true);
    const target = find(members, which);
    // Removed already, when it was cut off the last time.
    if (!target && newAddress !== undefined) return this.add(which, newAddress);
    if (!target) {
      const message = `there is no member ${which}: give the address too, if it is to be added`;
      throw new EngineError('NO_SUCH_MEMBER', message);
    }
    const address = newAddress ?? target.address;
    requireAddress(address);
    // So it is when it was replaced already, and has not been started since.
    if (!target.started && target.learner && target.address === address) return target;
    const health = await this.probe(members);
    if (health.some(({ id, up }) => id === target.id && up)) {
      throw new EngineError('UNSAFE', `${which} is up: stop it before it is replaced`);
    }
    // etcd adds no member while another voter is down.
    const down = health.filter(({ id, learner, up }) => id !== target.id && !learner && !up);
    if (down.length > 0) {
      const names = down.map(({ name, id }) => name || id).join(', ');
      throw new EngineError(
        'UNSAFE',
        `${names} is down too: start it, or remove it, before ${which} is replaced`,
      );
    }
    await this.requireSafe(members, target);
    await this.removeMember(target);
    return this.add(target.name || which, address);
  }

  /** Makes voters of the learners that have caught up. Returns them. Only through the leader, which knows. */
  async promoteReady(): Promise<ClusterMember[]> {
    const learners = (await this.members(false)).filter(({ learner, started }) => learner && started);
    const promoted: ClusterMember[] = [];
    for (const learner of learners) {
      try {
        await this.options.client.memberPromote({ ID: BigInt(`0x${learner.id}`) }, this.call());
        promoted.push({ ...learner, learner: false });
      } catch (error) {
        if (!(error instanceof EtcdError)) throw error;
        // Not yet; or it was removed or promoted meanwhile.
      }
    }
    return promoted;
  }

  private async requireSafe(members: readonly ClusterMember[], target: ClusterMember): Promise<void> {
    if (target.learner) return;
    const rest = members.filter(({ id, learner }) => id !== target.id && !learner);
    if (rest.length === 0) {
      throw new EngineError('UNSAFE', `${target.name} is the last voting member: it can not be removed`);
    }
    const up = (await this.probe(rest)).filter((member) => member.up).length;
    const majority = Math.floor(rest.length / 2) + 1;
    if (up >= majority) return;
    throw new EngineError(
      'UNSAFE',
      `without ${target.name || target.id}, ${up} of ${rest.length} members would be up, and ${majority} are needed: ` +
        `start another one first`,
    );
  }

  private async removeMember({ id }: ClusterMember): Promise<void> {
    const { client, peers } = this.options;
    const ID = BigInt(`0x${id}`);
    // In case it is this member itself: the others need not wait for an election.
    const { header } = await this.answered(() => client.memberList({}, this.call()));
    if (header?.memberId === ID) await handOver(client, peers, 3_000);
    await this.change(
      () => client.memberRemove({ ID }, this.call()),
      async () => !(await this.members(true)).some((member) => member.id === id),
    );
  }

  /** `done`: what shows, after no answer or a refusal, that the change was made. */
  private async change(act: () => Promise<unknown>, done: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + settleTime;
    for (;;) {
      try {
        await act();
        return;
      } catch (cause) {
        if (!(cause instanceof EtcdError)) throw cause;
        if (await done()) return;
        const unsettled = cause.code === 'UNHEALTHY' || cause.code === 'TOO_MANY_LEARNERS';
        if (!unsettled) throw toEngineError(cause);
        if (performance.now() > end) {
          const reason =
            cause.code === 'UNHEALTHY'
              ? 'a member is down: start it, or remove it'
              : await this.whyTooManyLearners();
          throw new EngineError('UNSAFE', `etcd refuses to change the members now; ${reason}`, { cause });
        }
        await sleep(500);
      }
    }
  }

  private async whyTooManyLearners(): Promise<string> {
    const learners = (await this.members(true)).filter(({ learner }) => learner);
    const unstarted = learners.find(({ started }) => !started);
    return unstarted
      ? `the member at ${unstarted.address} has not been started yet: start it, or remove it by this address`
      : 'another member still catches up: wait until it votes';
  }

  private async members(linearizable: boolean): Promise<ClusterMember[]> {
    const { members } = await this.answered(() =>
      this.options.client.memberList({ linearizable }, this.call()),
    );
    return members.map(toMember).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private async probe(members: readonly ClusterMember[]): Promise<MemberHealth[]> {
    const { peers } = this.options;
    return Promise.all(
      members.map(async (member) => ({
        ...member,
        up: await peers.answers(member.address, { deadline: probeDeadline }),
      })),
    );
  }

  /** A question may be asked again, such as while a new leader is elected. */
  private async answered<T>(ask: () => Promise<T>): Promise<T> {
    const end = performance.now() + callDeadline;
    for (;;) {
      try {
        return await ask();
      } catch (cause) {
        if (!(cause instanceof EtcdError)) throw cause;
        if (performance.now() > end) throw toEngineError(cause);
        await sleep(200);
      }
    }
  }

  private call() {
    return { deadline: callDeadline };
  }
}

function toMember({ ID, name, peerURLs, clientURLs, isLearner }: EtcdMember): ClusterMember {
  return {
    id: ID.toString(16),
    name,
    address: addressOf(peerURLs),
    learner: isLearner,
    started: name !== '' && clientURLs.length > 0,
  };
}

function find(members: readonly ClusterMember[], which: string): ClusterMember | undefined {
  return members.find(({ id, name, address }) => which === name || which === id || which === address);
}

function requireNodeId(nodeId: string): void {
  if (isNodeId(nodeId)) return;
  throw new EngineError('BAD_PEERS', `${nodeId} ${nodeIdProblem}`);
}

function requireAddress(address: string): void {
  if (parseAddress(address)) return;
  throw new EngineError(
    'BAD_PEERS',
    `${address} is no Raft address: HOST:PORT with a port from 1 to 65535 is one`,
  );
}

function toEngineError(cause: EtcdError): EngineError {
  return new EngineError('UNAVAILABLE', `the cluster does not answer: ${cause.message}`, { cause });
}
