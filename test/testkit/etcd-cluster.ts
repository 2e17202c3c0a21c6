import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './deadline.js';
import { EtcdMember } from './etcd-member.js';
import { freePorts } from './free-port.js';

/** Real etcd processes that form a cluster. Whoever starts it stops it. */
export class EtcdCluster {
  private constructor(
    readonly members: readonly EtcdMember[],
    private readonly folder: string,
  ) {}

  /** Resolves once every member serves. */
  static async start(size: number, options: { quotaBytes?: number } = {}): Promise<EtcdCluster> {
    for (let attempts = 1; ; attempts += 1) {
      try {
        return await EtcdCluster.tryStart(size, options);
      } catch (error) {
        // Another program may have taken a port since it was found free.
        if (attempts === 3 || !String(error).includes('address already in use')) throw error;
      }
    }
  }

  private static async tryStart(size: number, options: { quotaBytes?: number }): Promise<EtcdCluster> {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-etcd-'));
    const ports = await freePorts(2 * size);
    const peerUrls = ports.slice(size).map((port) => `http://127.0.0.1:${port}`);
    const cluster = peerUrls.map((url, i) => `m${i}=${url}`).join(',');
    const members = peerUrls.map(
      (peerUrl, i) =>
        new EtcdMember({
          name: `m${i}`,
          folder: join(folder, `m${i}`),
          clientAddress: `127.0.0.1:${ports[i] ?? 0}`,
          peerUrl,
          cluster,
          quotaBytes: options.quotaBytes,
        }),
    );
    const started = new EtcdCluster(members, folder);
    try {
      for (const member of members) member.start();
      await started.healthy();
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  /** The member with this number. */
  member(number: number): EtcdMember {
    const member = this.members[number];
    if (!member) throw new Error(`there is no member ${number}`);
    return member;
  }

  /** The number of the leader. */
  async leader(): Promise<number> {
    for (const [i, { client }] of this.members.entries()) {
      const status = await client.status({ deadline: 1_000 }).catch(() => undefined);
      if (status?.leader !== undefined && status.leader === status.header?.memberId) return i;
    }
    throw new Error('no member is the leader');
  }

  /** The raft term. */
  async term(): Promise<bigint> {
    const terms = this.members.map(async ({ client }) => (await client.status({ deadline: 1_000 })).raftTerm);
    return (await Promise.all(terms)).reduce((a, b) => (a > b ? a : b));
  }

  /** Resolves once these members have a leader of a later term. */
  async ledBy(members: readonly EtcdMember[], after: bigint): Promise<void> {
    await eventually('there is a new leader', async () => {
      const statuses = await Promise.all(
        members.map(({ client }) => client.status({ deadline: 1_000 }).catch(() => undefined)),
      );
      return statuses.every((status) => status && status.leader !== 0n && status.raftTerm > after);
    });
  }

  /** Resolves once every member answers and knows the leader. */
  async healthy(members: readonly EtcdMember[] = this.members): Promise<void> {
    await eventually('every member of etcd serves', async () => {
      const answers = members.map(async (member) => {
        member.requireRunning();
        const answer = await member.client
          .range({ key: Buffer.from('x') }, { deadline: 1_000, requireLeader: true })
          .catch(() => undefined);
        return answer !== undefined;
      });
      return (await Promise.all(answers)).every(Boolean);
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
    await rm(this.folder, { recursive: true, force: true });
  }
}
