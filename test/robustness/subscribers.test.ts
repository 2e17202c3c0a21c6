import { expect, it, onTestFinished } from 'vitest';
import { ConnectError } from '@connectrpc/connect';
import { login } from '../testkit/api-client.js';
import { eventually } from '../testkit/deadline.js';
import { Load } from '../testkit/load.js';
import { TestCluster } from '../testkit/test-cluster.js';
import type { TestNode } from '../testkit/test-cluster.js';

/** Follows what happens through one node after the other, from where it was. */
class Follower {
  readonly received: { conversationId: string; seq: number; text: string }[] = [];
  moves = 0;
  private resumeToken = '';
  private readonly end = new AbortController();

  constructor(
    private readonly nodes: readonly TestNode[],
    private at: number,
    private readonly caller: { headers: { authorization: string } },
  ) {
    onTestFinished(() => this.end.abort());
    void this.follow();
  }

  private async follow(): Promise<void> {
    const { signal } = this.end;
    const stopped = () => signal.aborted;
    while (!stopped()) {
      const node = this.nodes[this.at % this.nodes.length];
      if (!node) throw new Error('there are no nodes');
      try {
        const options = { ...this.caller, signal };
        const request = { resumeToken: this.resumeToken };
        for await (const { event, resumeToken } of node.client.messages.subscribe(request, options)) {
          if (resumeToken !== '') this.resumeToken = resumeToken;
          if (event.case !== 'message') continue;
          const { conversationId, seq, text } = event.value;
          this.received.push({ conversationId, seq: Number(seq), text });
        }
      } catch (error) {
        if (!(error instanceof ConnectError)) throw error;
      }
      this.at += 1;
      this.moves += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  get ready(): boolean {
    return this.resumeToken !== '';
  }
}

it('delivers every message once and in order to subscribers whose node dies (G5)', async () => {
  const cluster = await TestCluster.start(5);
  const load = await Load.start(cluster.nodes, 's');
  await cluster.healthy(load.caller);
  const callers = await Promise.all(
    ['s0a', 's1b', 's2a', 's3b', 's4a'].map(async (name) => login(cluster.node(0).client, name)),
  );
  const followers = callers.map((caller, i) => new Follower(cluster.nodes, i, caller));
  await eventually('all follow', () => followers.every(({ ready }) => ready));
  await load.progress(5);
  for (const [a, b] of [
    [0, 1],
    [2, 3],
    [4, 0],
  ] as const) {
    await Promise.all([cluster.node(a).kill(), cluster.node(b).kill()]);
    await load.progress(10);
    await Promise.all([cluster.node(a).start(), cluster.node(b).start()]);
    await cluster.healthy(load.caller);
  }
  await load.stop();
  // Every node was killed once, so every follower has moved.
  for (const { moves } of followers) expect(moves).toBeGreaterThan(0);
  const { acknowledged } = load;
  for (const follower of followers) {
    const conversationId = follower.received[0]?.conversationId ?? '';
    const last = Math.max(
      ...acknowledged.filter((one) => one.conversationId === conversationId).map(({ seq }) => seq),
    );
    await eventually('the last message is delivered', () => (follower.received.at(-1)?.seq ?? 0) >= last);
    const seqs = follower.received.map(({ seq }) => seq);
    const [first = 0] = seqs;
    expect(seqs).toEqual(Array.from({ length: last - first + 1 }, (_, i) => first + i));
    const texts = new Map(follower.received.map(({ seq, text }) => [seq, text]));
    for (const one of acknowledged) {
      if (one.conversationId === conversationId && one.seq >= first)
        expect(texts.get(one.seq)).toBe(one.text);
    }
  }
  for (const node of cluster.nodes) await load.verify(node);
}, 200_000);
