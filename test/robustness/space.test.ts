import { Code, ConnectError } from '@connectrpc/connect';
import { expect, it } from 'vitest';
import { SpaceLevel } from '../../src/api/holdfast/v1/cluster_pb.js';
import { join, refusalOf } from '../testkit/api-client.js';
import { eventually } from '../testkit/deadline.js';
import { noLimits } from '../testkit/no-limits.js';
import { TestCluster } from '../testkit/test-cluster.js';
import type { TestNode } from '../testkit/test-cluster.js';

const quota = 16 * 1_024 * 1_024;
const text = 'x'.repeat(16 * 1_024);

async function metric(node: TestNode, name: string): Promise<number> {
  const answer = await fetch(`${node.webAddress}/metrics`);
  const [, value] = new RegExp(`^${name} (\\d+)$`, 'm').exec(await answer.text()) ?? [];
  return Number(value ?? NaN);
}

it('refuses sends when the store is full, reads and deletes on, and sends again once there is room', async () => {
  const cluster = await TestCluster.start(3, { store_quota_bytes: quota, limits: noLimits });
  const [first, second] = [cluster.node(0), cluster.node(1)];
  const caller = await join(first.client, 'ann');
  await join(second.client, 'ben');
  const target = { case: 'username' as const, value: 'ben' };
  let sent = 0;
  const send = async (node: TestNode) => {
    sent += 1;
    const request = { target, text, clientMessageId: `m${sent}` };
    const { message } = await node.client.messages.sendMessage(request, caller);
    return message;
  };
  expect(await metric(first, 'holdfast_store_quota_bytes')).toBe(quota);

  // Filled through two nodes at once, until both refuse.
  const acknowledged: bigint[] = [];
  let conversationId = '';
  const refusals = await Promise.all(
    [first, second].map(async (node) => {
      for (;;) {
        try {
          const message = await send(node);
          acknowledged.push(message?.seq ?? 0n);
          conversationId = message?.conversationId ?? '';
        } catch (error) {
          if (!(error instanceof ConnectError)) throw error;
          // The send that reaches the quota may have an outcome that nobody knows.
          if (error.code === Code.ResourceExhausted) return refusalOf(Promise.reject(error));
        }
      }
    }),
  );
  expect(refusals).toEqual(['ResourceExhausted STORE_FULL', 'ResourceExhausted STORE_FULL']);
  expect(acknowledged.length).toBeGreaterThan(100);
  expect(first.log + second.log).toContain('% of its quota');
  await eventually(
    'the metrics say so',
    async () => (await metric(first, 'holdfast_store_space_level')) === 2,
  );
  const { nodes } = await first.client.cluster.getStatus({}, caller);
  expect(nodes.some(({ space }) => space === SpaceLevel.FULL)).toBe(true);

  // Everything that was acknowledged can be read through the node that had none of it sent.
  const byId = { case: 'conversationId' as const, value: conversationId };
  const third = cluster.node(2).client;
  const read = await third.messages.listMessages({ target: byId, pageSize: 200 }, caller);
  expect(read.messages[0]?.text).toBe(text);

  const texts = (from: number) => acknowledged.slice(from, from + 100);
  for (let from = 0; from < acknowledged.length; from += 100) {
    const request = { conversationId, seqs: texts(from), forEveryone: true };
    await first.client.messages.deleteMessages(request, caller);
  }
  // Compaction and defragmentation, one member after the other, give the space back; no process is started anew.
  const pids = cluster.nodes.map(({ pid }) => pid);
  await eventually(
    'sends work again through every node',
    async () => {
      for (const node of cluster.nodes) {
        if ((await refusalOf(send(node))) !== 'not refused') return false;
      }
      return true;
    },
    90_000,
  );
  expect(cluster.nodes.map(({ pid }) => pid)).toEqual(pids);
  await eventually(
    'the metrics say that, too',
    async () => (await metric(first, 'holdfast_store_space_level')) < 2,
  );
}, 240_000);
