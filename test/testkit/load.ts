import { setTimeout as sleep } from 'node:timers/promises';
import { ConnectError } from '@connectrpc/connect';
import { expect, onTestFinished } from 'vitest';
import { join, login } from './api-client.js';
import type { ApiClient } from './api-client.js';
import { eventually } from './deadline.js';
import type { TestNode } from './test-cluster.js';

type Caller = Awaited<ReturnType<typeof login>>;

export type Acknowledged = {
  readonly conversationId: string;
  readonly seq: number;
  readonly text: string;
  /** When the answer came, on `performance.now`. */
  readonly at: number;
};

/** Milliseconds between two messages of one writer: the machine is to have time for what is tested, too. */
const pause = 25;
/** Milliseconds that one attempt may take; a node that is paused does not answer at all. */
const attempt = 2_500;
const page = 200;

/** A person who sends one message after the other, through whichever node answers. */
class Writer {
  caller: Caller | undefined;
  readonly acknowledged: Acknowledged[] = [];
  readonly attempted: string[] = [];
  failures = 0;

  constructor(
    readonly name: string,
    private readonly peer: string,
    private readonly nodes: readonly TestNode[],
    private at: number,
  ) {}

  get client(): ApiClient {
    const node = this.nodes[this.at % this.nodes.length];
    if (!node) throw new Error('there is no node to write through');
    return node.client;
  }

  async write(stopped: () => boolean): Promise<void> {
    const target = { case: 'username' as const, value: this.peer };
    for (let i = 0; !stopped(); i += 1) {
      const text = `${this.name} ${i}`;
      this.attempted.push(text);
      const request = { target, text, clientMessageId: `${this.name}-${i}` };
      const { message } = await this.untilAnswered((client, options) =>
        client.messages.sendMessage(request, options),
      );
      const seq = Number(message?.seq);
      const conversationId = message?.conversationId ?? '';
      this.acknowledged.push({ conversationId, seq, text, at: performance.now() });
      await sleep(pause);
    }
  }

  /** Through node after node. */
  private async untilAnswered<T>(call: (client: ApiClient, options: object) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call(this.client, { ...this.caller, timeoutMs: attempt });
      } catch (error) {
        if (!(error instanceof ConnectError)) throw error;
        this.failures += 1;
        this.at += 1;
        await sleep(10);
      }
    }
  }
}

/** Pairs of people who write to each other, each through a node of its own, while something happens. */
export class Load {
  private stopping = false;
  private readonly running: Promise<void>;

  private constructor(private readonly writers: readonly Writer[]) {
    this.running = Promise.all(writers.map((writer) => writer.write(() => this.stopping))).then(
      () => undefined,
    );
    // Reported by `stop`.
    this.running.catch(() => undefined);
    onTestFinished(() => {
      this.stopping = true;
    });
  }

  /** Accounts are made the first time; `prefix`: letters. Resolves when everyone has written. */
  static async start(nodes: readonly TestNode[], prefix: string, pairs = 5): Promise<Load> {
    const writers = Array.from({ length: pairs }, (_, i) => {
      const [left, right] = [`${prefix}${i}a`, `${prefix}${i}b`];
      return [new Writer(left, right, nodes, 2 * i), new Writer(right, left, nodes, 2 * i + 1)];
    }).flat();
    await Promise.all(
      writers.map(async (writer) => {
        writer.caller = await join(writer.client, writer.name);
      }),
    );
    const load = new Load(writers);
    await load.progress();
    return load;
  }

  /** Any writer's; every token works on every node. */
  get caller(): Caller {
    return this.writers[0]?.caller ?? { headers: { authorization: '' } };
  }

  get acknowledged(): Acknowledged[] {
    return this.writers.flatMap((writer) => writer.acknowledged);
  }

  /** Calls that were made again. */
  get failures(): number {
    return this.writers.reduce((sum, { failures }) => sum + failures, 0);
  }

  /** Resolves when every writer has had further messages acknowledged. */
  async progress(messages = 5): Promise<void> {
    const before = this.writers.map((writer) => writer.acknowledged.length);
    await eventually(
      'every writer goes on',
      () => this.writers.every((writer, i) => writer.acknowledged.length >= (before[i] ?? 0) + messages),
      60_000,
    );
  }

  /** Milliseconds: the longest time without an acknowledgement after a moment. */
  longestGap(after: number): number {
    const times = [after, ...this.acknowledged.map(({ at }) => at).filter((at) => at >= after)].sort(
      (a, b) => a - b,
    );
    return Math.max(...times.map((at, i) => at - (times[i - 1] ?? at)));
  }

  /** Resolves when what was begun is acknowledged. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  /**
   * Everything acknowledged is there through this node, once, in order, and nothing that nobody sent. `others`: texts
   * that the test has sent itself.
   */
  async verify(node: TestNode, others: readonly RegExp[] = []): Promise<void> {
    for (let i = 0; i < this.writers.length; i += 2) {
      const pair = this.writers.slice(i, i + 2);
      const acknowledged = pair.flatMap((writer) => writer.acknowledged);
      const attempted = new Set(pair.flatMap((writer) => writer.attempted));
      const texts = await this.read(node, acknowledged[0]?.conversationId ?? '', pair[0]?.caller ?? {});
      const own = texts.filter((text) => !others.some((other) => other.test(text)));
      expect(new Set(own).size, `doubles through ${node.id}`).toBe(own.length);
      for (const text of own) expect(attempted.has(text), text).toBe(true);
      for (const { seq, text } of acknowledged) expect([seq, texts[seq - 1]]).toEqual([seq, text]);
      for (const { name } of pair) {
        const numbers = texts.filter((text) => text.startsWith(`${name} `)).map((text) => text.split(' ')[1]);
        expect(numbers).toEqual(numbers.map((_, n) => String(n)));
      }
    }
  }

  private async read(node: TestNode, conversationId: string, caller: object): Promise<string[]> {
    const target = { case: 'conversationId' as const, value: conversationId };
    const texts: string[] = [];
    for (;;) {
      const request = { target, pageSize: page, afterSeq: BigInt(texts.length) };
      const { messages } = await node.client.messages.listMessages(request, { ...caller, timeoutMs: 10_000 });
      for (const { seq, text } of messages) {
        expect(Number(seq)).toBe(texts.length + 1);
        texts.push(text);
      }
      if (messages.length < page) return texts;
    }
  }
}
