import { Code, ConnectError } from '@connectrpc/connect';
import { expect, it } from 'vitest';
import { connect, login, password, refusalOf } from '../testkit/api-client.js';
import { TestCluster } from '../testkit/test-cluster.js';

it('gives a username to one of 50 clients on five nodes, always (G7)', async () => {
  const cluster = await TestCluster.start(5);
  const clients = Array.from({ length: 50 }, (_, i) => connect(cluster.node(i % 5).address));
  for (let round = 0; round < 5; round += 1) {
    const outcomes = await Promise.all(
      clients.map(async ({ accounts }, i) => {
        // Upper and lower case are the same name.
        const username = i % 2 === 0 ? `winner${round}` : `Winner${round}`;
        // The passwords wait for each other.
        for (;;) {
          const outcome = await accounts.createAccount({ username, password: `${password} ${i}` }).then(
            ({ account }) => account?.id ?? '',
            (error: unknown) => Code[ConnectError.from(error).code],
          );
          if (outcome !== 'ResourceExhausted') return outcome;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }),
    );
    const winners = outcomes.flatMap((outcome, i) => (outcome === 'AlreadyExists' ? [] : [i]));
    expect(winners).toHaveLength(1);
    const [winner = 0] = winners;
    // Whose password it is, and on every node.
    for (const node of cluster.nodes) {
      const { sessions } = node.client;
      const right = { username: `winner${round}`, password: `${password} ${winner}` };
      const { account } = await sessions.login(right);
      expect(account?.id).toBe(outcomes[winner]);
      const wrong = { username: `winner${round}`, password: `${password} ${(winner + 1) % 50}` };
      expect(await refusalOf(sessions.login(wrong))).toBe('Unauthenticated CREDENTIALS_WRONG');
    }
  }
}, 200_000);

it('shows what a write acknowledged in every later read through any node (G6)', async () => {
  const cluster = await TestCluster.start(5);
  const { accounts } = cluster.node(0).client;
  await accounts.createAccount({ username: 'ann', password });
  await accounts.createAccount({ username: 'ben', password });
  const caller = await login(cluster.node(1).client, 'ann');
  const target = { case: 'username' as const, value: 'ben' };
  for (let i = 1; i <= 40; i += 1) {
    const text = `message ${i}`;
    const writer = cluster.node(i % 5).client;
    const sent = await writer.messages.sendMessage({ target, text, clientMessageId: `id-${i}` }, caller);
    const conversationId = sent.message?.conversationId ?? '';
    for (const node of cluster.nodes) {
      const { messages } = await node.client.messages.listMessages({ target, pageSize: 1 }, caller);
      expect(messages[0]?.text).toBe(text);
    }
    if (i % 4 !== 0) continue;
    const deletion = { conversationId, seqs: [BigInt(i)], forEveryone: true };
    await cluster.node((i + 1) % 5).client.messages.deleteMessages(deletion, caller);
    for (const node of cluster.nodes) {
      const { messages } = await node.client.messages.listMessages({ target, pageSize: 1 }, caller);
      expect([messages[0]?.text, messages[0]?.deleted]).toEqual(['', true]);
    }
  }
  // A session that is revoked through one node is refused there at once, and everywhere within a second.
  await cluster.node(2).client.sessions.logout({}, caller);
  expect(await refusalOf(cluster.node(2).client.sessions.listSessions({}, caller))).toBe(
    'Unauthenticated SESSION_ENDED',
  );
  const revoked = performance.now();
  for (const node of cluster.nodes) {
    for (;;) {
      const begin = performance.now();
      const outcome = await refusalOf(node.client.sessions.listSessions({}, caller));
      if (outcome === 'Unauthenticated SESSION_ENDED') break;
      expect(begin - revoked).toBeLessThan(1_000);
    }
  }
}, 120_000);
