import { expect, it } from 'vitest';
import { login } from '../testkit/api-client.js';
import { eventually } from '../testkit/deadline.js';
import { Load } from '../testkit/load.js';
import { TestCluster } from '../testkit/test-cluster.js';
import type { TestNode } from '../testkit/test-cluster.js';

const pairs = [0, 1, 2, 3, 4].flatMap((a) =>
  [0, 1, 2, 3, 4].filter((b) => b > a).map((b) => [a, b] as const),
);

it('goes on through every survivor when any two of five are killed (G2)', async () => {
  const cluster = await TestCluster.start(5);
  const load = await Load.start(cluster.nodes, 'w');
  await cluster.healthy(load.caller);
  const gaps: { killed: string; leader: boolean; gap: number }[] = [];
  for (const [a, b] of pairs) {
    const leader = await cluster.leader(load.caller);
    await load.progress();
    const before = performance.now();
    await Promise.all([cluster.node(a).kill(), cluster.node(b).kill()]);
    await load.progress(20);
    const survivors = cluster.others(a, b);
    await Promise.all(
      survivors.map(async (node) => everythingWorks(node, `x${a}${b}${node.number}`, load.caller)),
    );
    const gap = Math.round(load.longestGap(before));
    gaps.push({ killed: `${a + 1} and ${b + 1}`, leader: leader === a || leader === b, gap });
    await Promise.all([cluster.node(a).start(), cluster.node(b).start()]);
    await cluster.healthy(load.caller);
  }
  // The faults happened while people wrote, and some of them met the leader.
  expect(load.failures).toBeGreaterThan(0);
  expect(gaps.some(({ leader }) => leader)).toBe(true);
  await load.stop();
  for (const node of cluster.nodes) await load.verify(node);
  const sorted = gaps.map(({ gap }) => gap).sort((x, y) => x - y);
  console.log(
    `longest time without an acknowledged send, ms: ${gaps
      .map(({ killed, leader, gap }) => `nodes ${killed}${leader ? ' (leader)' : ''} ${gap}`)
      .join('; ')}\nmedian ${sorted[5] ?? 0}, longest ${sorted.at(-1) ?? 0}`,
  );
}, 400_000);

it('loses nothing acknowledged when all five are killed at once (G1)', async () => {
  const cluster = await TestCluster.start(5);
  const load = await Load.start(cluster.nodes, 'k');
  // Everyone is writing up to the moment of the kill.
  await load.progress(20);
  await Promise.all(cluster.nodes.map((node) => node.kill()));
  await Promise.all(cluster.nodes.map((node) => node.launch()));
  await Promise.all(cluster.nodes.map((node) => node.serving()));
  // The writers go on with what they had begun; some of it was stored, and must not be stored again.
  await load.progress();
  expect(load.failures).toBeGreaterThan(0);
  await load.stop();
  for (const node of cluster.nodes) await load.verify(node);
}, 120_000);

it('refuses within 5 s while three of five are dead, and serves again by itself (G9)', async () => {
  const cluster = await TestCluster.start(5);
  const load = await Load.start(cluster.nodes, 'm');
  const caller = await login(cluster.node(0).client, 'm0a');
  const dead = [2, 3, 4].map((number) => cluster.node(number));
  await Promise.all(dead.map((node) => node.kill()));
  const target = { case: 'username' as const, value: 'm0b' };
  for (const { client } of [cluster.node(0), cluster.node(1)]) {
    const calls = [
      () => client.messages.sendMessage({ target, text: 'x', clientMessageId: 'late' }, caller),
      () => client.messages.listMessages({ target }, caller),
      () => client.conversations.listConversations({}, caller),
      () => client.accounts.getAccount({ username: 'm0b' }, caller),
      () => client.accounts.createAccount({ username: 'late', password: 'correct horse' }),
      () => client.sessions.login({ username: 'm0a', password: 'correct horse' }),
    ];
    for (const call of calls) {
      const begin = performance.now();
      await expect(call()).rejects.toMatchObject({ name: 'ConnectError', code: 14 });
      expect(performance.now() - begin).toBeLessThan(5_000);
    }
  }
  const refused = load.acknowledged.length;
  await dead[0]?.start();
  await load.progress();
  expect(load.acknowledged.length).toBeGreaterThan(refused);
  await load.stop();
  for (const node of cluster.others(3, 4)) await load.verify(node);
}, 120_000);

/** Sends, reads, logins and new accounts, through this node. `other`: a caller who is there already. */
async function everythingWorks(node: TestNode, name: string, other: object): Promise<void> {
  const { client } = node;
  // What was refused because of the election is tried again, as every client does.
  const options = { timeoutMs: 5_000 };
  await eventually(`${node.id} serves`, async () =>
    client.accounts.createAccount({ username: name, password: 'correct horse' }, options).then(
      () => true,
      () => false,
    ),
  );
  const caller = await login(client, name);
  const target = { case: 'username' as const, value: name };
  const sent = await client.messages.sendMessage({ target, text: 'hello', clientMessageId: name }, other);
  const { messages } = await client.messages.listUnread({}, caller);
  expect(messages.map(({ seq, text }) => [seq, text])).toEqual([[sent.message?.seq, 'hello']]);
}
