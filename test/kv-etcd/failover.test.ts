import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytes, put, text } from '../../src/kv/contract/fixture.js';
import { StoreError } from '../../src/kv/store-error.js';
import type { Store } from '../../src/kv/store.js';
import { EtcdStore } from '../../src/kv-etcd/etcd-store.js';
import { eventually } from '../testkit/deadline.js';
import { EtcdCluster } from '../testkit/etcd-cluster.js';

/** Entries that follow one another under a head, as a conversation's messages do. */
class Chain {
  readonly acknowledged: number[] = [];
  /** Milliseconds between two acknowledgements at most, while it ran. */
  longestGap = 0;
  unknown = 0;
  refused = 0;
  private last = performance.now();

  constructor(
    private readonly store: Store,
    private readonly name: string,
  ) {}

  /** Appends until told to stop. After an unknown outcome it looks what is there. */
  async run(stopped: () => boolean): Promise<void> {
    let head = await this.head();
    for (let next = 1; !stopped();) {
      try {
        const result = await this.store.commit({
          checks: [{ key: bytes(`${this.name}/head`), revision: head?.revision ?? null }],
          writes: [put(`${this.name}/head`, String(next)), put(`${this.name}/m${next}`, 'text')],
        });
        // Nobody else writes here: it failed because the one before, of unknown outcome, came through after all.
        if (result.ok) this.acknowledge(next);
      } catch (error) {
        this.count(error);
      }
      head = await this.headWhenReadable();
      next = (head?.seq ?? 0) + 1;
    }
  }

  async stored(): Promise<number[]> {
    const { results } = await this.store.read([
      { start: bytes(`${this.name}/m`), end: bytes(`${this.name}/n`) },
    ]);
    return (results[0] ?? []).map(({ key }) => Number(text(key).split('/m')[1])).sort((a, b) => a - b);
  }

  private acknowledge(seq: number): void {
    const now = performance.now();
    this.acknowledged.push(seq);
    this.longestGap = Math.max(this.longestGap, now - this.last);
    this.last = now;
  }

  private count(error: unknown): void {
    if (!(error instanceof StoreError)) throw error;
    if (error.code === 'UNKNOWN_OUTCOME') this.unknown += 1;
    else if (error.code === 'UNAVAILABLE') this.refused += 1;
    else throw error;
  }

  private async head() {
    const entry = (await this.store.read([{ key: bytes(`${this.name}/head`) }])).results[0]?.[0];
    return entry && { seq: Number(text(entry.value)), revision: entry.revision };
  }

  private async headWhenReadable() {
    for (;;) {
      try {
        return await this.head();
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== 'UNAVAILABLE') throw error;
      }
    }
  }
}

describe('etcd: two of five members are killed', () => {
  let cluster: EtcdCluster;
  let stores: EtcdStore[];
  let leader: number;

  beforeEach(async () => {
    cluster = await EtcdCluster.start(5);
    leader = await cluster.leader();
    // On two of those that will be left.
    const survivors = [1, 2].map((step) => cluster.member((leader + step) % 5));
    stores = await Promise.all(survivors.map(({ client }) => EtcdStore.open({ client })));
  });
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await cluster.stop();
  });

  it('loses nothing that was acknowledged, and goes on after an election', async () => {
    let stopped = false;
    const chains = stores.flatMap((store, s) =>
      Array.from({ length: 20 }, (_, i) => new Chain(store, `node${s}-chain${i}`)),
    );
    const [first] = stores;
    if (!first) throw new Error('no store');
    const { revision } = await first.read([]);
    const running = chains.map((chain) => chain.run(() => stopped));
    const each = (count: number) => () => chains.every(({ acknowledged }) => acknowledged.length >= count);
    await eventually('every chain grows', each(20));
    const term = await cluster.term();
    await Promise.all([cluster.member(leader).kill(), cluster.member((leader + 3) % 5).kill()]);
    const killed = performance.now();
    const survivors = [1, 2, 4].map((step) => cluster.member((leader + step) % 5));
    await cluster.ledBy(survivors, term);
    const election = performance.now() - killed;
    const counts = chains.map(({ acknowledged }) => acknowledged.length);
    await eventually('every chain grows again', () =>
      chains.every(({ acknowledged }, i) => acknowledged.length >= (counts[i] ?? 0) + 20),
    );
    stopped = true;
    await Promise.all(running);

    // The fault has hit commits in flight.
    expect(chains.reduce((sum, chain) => sum + chain.unknown, 0)).toBeGreaterThan(0);
    const gap = Math.max(...chains.map(({ longestGap }) => longestGap));
    const refused = chains.reduce((sum, chain) => sum + chain.refused, 0);
    process.stdout.write(
      `the longest gap between two acknowledged commits of a chain: ${Math.round(gap)} ms, ` +
        `of which the election took ${Math.round(election)} ms; refused: ${refused}\n`,
    );
    expect(gap).toBeLessThan(election + 1_000);
    for (const chain of chains) {
      const stored = await chain.stored();
      // Numbered without a gap or a double, and all that was acknowledged is there.
      expect(stored).toEqual(stored.map((_, i) => i + 1));
      expect(chain.acknowledged.filter((seq) => seq > stored.length)).toEqual([]);
      expect(new Set(chain.acknowledged).size).toBe(chain.acknowledged.length);
    }
    await expectSameFeed(stores, revision);
  });
});

/** Every store's feed tells the same. */
async function expectSameFeed(stores: readonly EtcdStore[], start: number): Promise<void> {
  const [store] = stores;
  const end = await store?.commit({ checks: [], writes: [put('end', '')] });
  if (!end?.ok) throw new Error('the last commit was refused');
  const feeds = await Promise.all(
    stores.map(async (one) => {
      const seen: string[] = [];
      for await (const { revision, changes } of one.changes(start)) {
        seen.push(`${revision}: ${changes.map(({ key }) => text(key)).join(' ')}`);
        if (revision === end.revision) break;
      }
      return seen;
    }),
  );
  for (const feed of feeds) expect(feed).toEqual(feeds[0]);
  const revisions = (feeds[0] ?? []).map((line) => Number(line.split(':')[0]));
  expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
}
