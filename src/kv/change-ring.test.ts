import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { ChangeRing } from './change-ring.js';
import type { ChangeBatch } from './store.js';

function batch(revision: number): ChangeBatch {
  return { revision, changes: [{ type: 'put', key: Buffer.from('k'), value: Buffer.alloc(100) }] };
}

async function take(ring: ChangeRing, after: number, count: number): Promise<number[]> {
  const revisions: number[] = [];
  for await (const { revision } of ring.read(after, undefined)) {
    revisions.push(revision);
    if (revisions.length === count) break;
  }
  return revisions;
}

describe('change ring', () => {
  it('yields what comes after any revision, also between two batches', async () => {
    const ring = new ChangeRing(10, 10_000);
    for (const revision of [12, 15, 16, 30]) ring.push(batch(revision));
    expect(await take(ring, 10, 4)).toEqual([12, 15, 16, 30]);
    expect(await take(ring, 13, 2)).toEqual([15, 16]);
    expect(await take(ring, 15, 2)).toEqual([16, 30]);
    const waiting = take(ring, 30, 1);
    ring.push(batch(40));
    expect(await waiting).toEqual([40]);
  });

  it('tells nothing of before the revision that was asked for, when that is yet to come', async () => {
    const ring = new ChangeRing(0, 10_000);
    const waiting = take(ring, 20, 1);
    for (const revision of [5, 20, 21]) ring.push(batch(revision));
    expect(await waiting).toEqual([21]);
  });

  it('lets go of batches that it no longer has, however few there are', async () => {
    const ring = new ChangeRing(0, 1_000);
    const pushed: WeakRef<ChangeBatch>[] = [];
    for (let revision = 1; revision <= 500; revision += 1) {
      const next = batch(revision);
      pushed.push(new WeakRef(next));
      ring.push(next);
    }
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    // In another turn: what a turn has referred to weakly stays until its end.
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    expect(pushed.filter((one) => one.deref()).length).toBeLessThan(50);
    expect(ring.revision).toBe(500);
  });

  it('says what it no longer has, after any number of batches', async () => {
    const ring = new ChangeRing(0, 1_000);
    for (let revision = 3; revision <= 9_000; revision += 3) ring.push(batch(revision));
    expect(ring.revision).toBe(9_000);
    expect(ring.since).toBeGreaterThan(8_900);
    await expect(take(ring, ring.since - 1, 1)).rejects.toMatchObject({ code: 'COMPACTED' });
    const kept = await take(ring, ring.since, (9_000 - ring.since) / 3);
    expect(kept[0]).toBe(ring.since + 3);
    expect(kept.at(-1)).toBe(9_000);
  });

  it('stops a reader that falls behind', async () => {
    const ring = new ChangeRing(0, 1_000);
    ring.push(batch(1));
    const reader = ring.read(0, undefined);
    expect((await reader.next()).value).toMatchObject({ revision: 1 });
    for (let revision = 2; revision < 50; revision += 1) ring.push(batch(revision));
    await expect(reader.next()).rejects.toMatchObject({ code: 'COMPACTED' });
  });

  it('stops every reader when batches were missed, and serves those that start after', async () => {
    const ring = new ChangeRing(0, 10_000);
    ring.push(batch(1));
    const upToDate = take(ring, 1, 1);
    ring.restart(8);
    await expect(upToDate).rejects.toMatchObject({ code: 'COMPACTED' });
    await expect(take(ring, 7, 1)).rejects.toMatchObject({ code: 'COMPACTED' });
    const late = take(ring, 8, 1);
    ring.push(batch(9));
    expect(await late).toEqual([9]);
  });
});
