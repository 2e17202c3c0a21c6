import type { EtcdClient } from '../etcd/etcd-client.js';
import { memberStatus } from './member-status.js';
import { addressOf } from './peer-client.js';
import type { PeerClient } from './peer-client.js';

/**
 * When this member leads, makes another one lead that is up, so that what this one does next makes no gap.
 * Best effort, within `deadline` milliseconds; returns whether the member does not lead now.
 */
export async function handOver(
  client: EtcdClient,
  peers: PeerClient,
  deadline: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const end = performance.now() + deadline;
  const call = () => ({ deadline: Math.max(1, end - performance.now()), signal });
  try {
    const { memberId, leads } = await memberStatus(client, call());
    if (!leads) return true;
    const { members } = await client.memberList({}, call());
    const others = members.filter(
      ({ ID, name, isLearner }) => ID.toString(16) !== memberId && !isLearner && name !== '',
    );
    const up = others.map(async ({ ID, peerURLs }) => {
      if (!(await peers.answers(addressOf(peerURLs), { ...call(), deadline: deadline / 2 })))
        throw new Error();
      return ID;
    });
    await client.moveLeader({ targetID: await Promise.any(up) }, call());
    return true;
  } catch {
    return false;
  }
}
