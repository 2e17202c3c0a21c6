import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Check, Commit, CommitResult, Store } from '../store.js';
import { anyWrite, apply, bytes, keyNames, list, put, range, text, write } from './fixture.js';
import type { Model } from './fixture.js';

/** Commits that run at the same time. `store` returns a store that is open and used by nobody else. */
export function concurrencyContract(store: () => Store): void {
  it('never lets both of two commits through that each check what the other writes', async () => {
    for (let i = 0; i < 50; i += 1) {
      const results = await Promise.all([
        store().commit({ checks: [{ key: bytes(`x${i}`), revision: null }], writes: [put(`y${i}`, '')] }),
        store().commit({ checks: [{ key: bytes(`y${i}`), revision: null }], writes: [put(`x${i}`, '')] }),
      ]);
      expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    }
  });

  it('never lets both of two commits through when one checks what is in the range that the other deletes', async () => {
    for (let i = 0; i < 50; i += 1) {
      const revision = await write(store(), put(`r${i}/member`, ''));
      const results = await Promise.all([
        store().commit({
          checks: [{ key: bytes(`r${i}/member`), revision }],
          writes: [put(`done${i}`, '')],
        }),
        store().commit({
          checks: [{ key: bytes(`done${i}`), revision: null }],
          writes: [{ type: 'deleteRange', ...range(`r${i}/`, `r${i}0`) }],
        }),
      ]);
      expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    }
  });

  it('loses none of 200 concurrent increments', async () => {
    const key = bytes('counter');
    const increment = async () => {
      for (;;) {
        const entry = (await store().read([{ key }])).results[0]?.[0];
        const value = String(Number(entry ? text(entry.value) : 0) + 1);
        const checks = [{ key, revision: entry?.revision ?? null }];
        if ((await store().commit({ checks, writes: [put('counter', value)] })).ok) return;
      }
    };
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        for (let i = 0; i < 10; i += 1) await increment();
      }),
    );
    expect(await list(store(), 'counter', 'd')).toEqual({ counter: '200' });
  });

  it('gives each of many concurrent commits its own outcome', async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 400 }, (_, i) => {
        // Every third one checks for what is not there.
        const checks = i % 3 === 0 ? [{ key: bytes(`none${i}`), revision: 1 }] : [];
        return store().commit({ checks, writes: [put(`k${i}`, String(i)), put(`l${i}`, '')] });
      }),
    );
    expect(outcomes.map(({ ok }) => ok)).toEqual(outcomes.map((_, i) => i % 3 !== 0));
    const { results } = await store().read([range('k', 'l')]);
    const stored = new Map(results[0]?.map(({ key, revision }) => [text(key), revision]));
    outcomes.forEach((outcome, i) => {
      expect(stored.get(`k${i}`)).toBe(outcome.ok ? outcome.revision : undefined);
    });
  });

  it('gives a commit a higher revision than those acknowledged before it began', async () => {
    let acknowledged = 0;
    await Promise.all(
      Array.from({ length: 20 }, async (_, k) => {
        for (let i = 0; i < 10; i += 1) {
          const before = acknowledged;
          const revision = await write(store(), put(`k${k}`, String(i)));
          expect(revision).toBeGreaterThan(before);
          acknowledged = Math.max(acknowledged, revision);
        }
      }),
    );
  });

  it('applies concurrent commits as if one after the other, in the order of their revisions', async () => {
    const name = fc.constantFrom(...keyNames);
    const anyCommit = fc.record({
      absent: fc.option(name),
      writes: fc.array(anyWrite, { minLength: 1, maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyCommit, { minLength: 2, maxLength: 20 }), async (commits) => {
        const start = await write(store(), { type: 'deleteRange', ...range('a', 'z') }, put('a', 'first'));
        const tried = commits.map(({ absent, writes }, i): Commit => {
          const checks: Check[] = absent === null ? [] : [{ key: bytes(absent), revision: null }];
          // With a put of its own, so that each has a revision of its own or shares one.
          return { checks, writes: [...writes, put(`f${i}`, '')] };
        });
        const results = await Promise.all(tried.map((commit) => store().commit(commit)));
        const applied = inOrder(tried, results);
        const model: Model = new Map([['a', { value: 'first', revision: start }]]);
        for (const group of applied.values()) {
          for (const { checks } of group) {
            for (const { key } of checks) expect(model.has(text(key))).toBe(false);
          }
          expectDisjoint(group);
          for (const { writes, revision } of group) apply(model, writes, revision);
        }
        const { results: stored } = await store().read([range('a', 'z')]);
        const expected = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
        expect(stored[0]?.map((entry) => [text(entry.key), text(entry.value), entry.revision])).toEqual(
          expected.map(([key, entry]) => [key, entry.value, entry.revision]),
        );
        await expectFeed(store(), start, model);
      }),
      { numRuns: 30 },
    );
  });
}

type Applied = Commit & { readonly revision: number };

/** By revision, rising. */
function inOrder(commits: readonly Commit[], results: readonly CommitResult[]): Map<number, Applied[]> {
  const applied = commits
    .flatMap((commit, i) => {
      const result = results[i];
      return result?.ok ? [{ ...commit, revision: result.revision }] : [];
    })
    .sort((a, b) => a.revision - b.revision);
  const groups = new Map<number, Applied[]>();
  for (const one of applied) groups.set(one.revision, [...(groups.get(one.revision) ?? []), one]);
  return groups;
}

/** Of commits that share a revision, none touches a key that another one writes. */
function expectDisjoint(commits: readonly Commit[]): void {
  const writes = (commit: Commit, name: string) =>
    commit.writes.some((one) =>
      one.type === 'deleteRange' ? text(one.start) <= name && name < text(one.end) : text(one.key) === name,
    );
  const touches = (commit: Commit, name: string) =>
    writes(commit, name) || commit.checks.some(({ key }) => text(key) === name);
  for (const [i, commit] of commits.entries()) {
    for (const other of commits.slice(i + 1)) {
      for (const name of keyNames) {
        expect(writes(commit, name) && touches(other, name)).toBe(false);
        expect(touches(commit, name) && writes(other, name)).toBe(false);
      }
    }
  }
}

/** What the feed yields after a revision leads to the model's state; each revision comes once, rising. */
async function expectFeed(store: Store, start: number, model: Model): Promise<void> {
  const last = await write(store, put('zz', ''));
  const state = new Map([['a', 'first']]);
  let seen = start;
  for (const stop = new AbortController(); seen < last;) {
    for await (const { revision, changes } of store.changes(seen, { signal: stop.signal })) {
      expect(revision).toBeGreaterThan(seen);
      seen = revision;
      for (const change of changes) {
        if (change.type === 'put') state.set(text(change.key), text(change.value));
        else state.delete(text(change.key));
      }
      if (seen >= last) break;
    }
  }
  state.delete('zz');
  expect(Object.fromEntries(state)).toEqual(
    Object.fromEntries([...model].map(([key, { value }]) => [key, value])),
  );
}
