import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Store } from '../store.js';
import { bytes, list, put, range, remove, take, text, write } from './fixture.js';
import type { Adapter, StorePlace } from './fixture.js';

const operations: Record<string, (store: Store) => Promise<unknown>> = {
  read: (store) => store.read([range('a', 'b')]),
  count: (store) => store.count(range('a', 'b')),
  commit: (store) => store.commit({ checks: [], writes: [put('a', 'late')] }),
  changes: (store) => take(store, 0, 1),
};

/** The feed, opening and closing. */
export function lifeContract({ capabilities, createPlace }: Adapter): void {
  let place: StorePlace;
  let store: Store;
  beforeEach(async () => {
    place = await createPlace();
    store = await place.open();
  });
  afterEach(async () => {
    await store.close();
    await place.remove();
  });

  it('feeds every commit in order, from any revision', async () => {
    const { revision } = await store.read([]);
    const first = await write(store, put('b', '1'), put('a', '1'));
    const second = await write(store, remove('b'), remove('none'), put('c', '2'));
    const third = await write(store, { type: 'deleteRange', ...range('a', 'z') });
    const readable = (await take(store, revision, 3)).map((batch) => ({
      revision: batch.revision,
      changes: batch.changes.map((change) =>
        change.type === 'put' ? `${text(change.key)}=${text(change.value)}` : `-${text(change.key)}`,
      ),
    }));
    expect(readable).toEqual([
      { revision: first, changes: ['a=1', 'b=1'] },
      { revision: second, changes: ['-b', 'c=2'] },
      { revision: third, changes: ['-a', '-c'] },
    ]);
    expect((await take(store, second, 1))[0]?.revision).toBe(third);
  });

  it('feeds what is committed while it waits, and nothing of a refused commit', async () => {
    const { revision } = await store.read([]);
    const waiting = take(store, revision, 2);
    await store.commit({ checks: [{ key: bytes('none'), revision: 1 }], writes: [put('refused', '')] });
    await write(store, put('a', '1'));
    await write(store, put('b', '1'));
    expect((await waiting).flatMap(({ changes }) => changes.map(({ key }) => text(key)))).toEqual(['a', 'b']);
  });

  it('ends the feed when its signal aborts', async () => {
    const stop = new AbortController();
    const { revision } = await store.read([]);
    const feed = (async () => {
      for await (const batch of store.changes(revision, { signal: stop.signal })) {
        expect.fail(`fed revision ${batch.revision}`);
      }
      return 'ended';
    })();
    stop.abort();
    expect(await feed).toBe('ended');
  });

  it('refuses a call that was given up before it began', async () => {
    const signal = AbortSignal.abort();
    await expect(store.read([range('a', 'b')], { signal })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const commit = { checks: [], writes: [put('a', '1')] };
    await expect(store.commit(commit, { signal })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await list(store, 'a', 'z')).toEqual({});
  });

  it('keeps what was acknowledged, and its revisions, when it is opened again', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, i) => write(store, put(`k${i}`, String(i)))));
    await write(store, remove('k7'));
    const before = await store.read([range('a', 'z')]);
    await store.close();
    store = await place.open();
    const after = await store.read([range('a', 'z')]);
    expect(after.results[0]).toHaveLength(49);
    expect(after).toEqual(before);
    const next = await write(store, put('next', ''));
    expect(next).toBeGreaterThan(before.revision);
    expect((await take(store, before.revision, 1))[0]?.revision).toBe(next);
    const older = take(store, before.revision - 1, 1);
    if (capabilities.feedSurvivesReopen) expect((await older)[0]?.revision).toBe(before.revision);
    else await expect(older).rejects.toMatchObject({ code: 'COMPACTED' });
  });

  it('finishes or refuses what is asked while it closes, and refuses all that follows', async () => {
    const early = write(store, put('a', 'early'));
    const closing = store.close();
    const during = await Promise.allSettled(Object.values(operations).map((operation) => operation(store)));
    for (const outcome of during) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'CLOSED' });
    }
    await early;
    await closing;
    await store.close();
    for (const operation of Object.values(operations)) {
      await expect(operation(store)).rejects.toMatchObject({ code: 'CLOSED' });
    }
  });

  it('ends a waiting feed when it closes', async () => {
    const waiting = take(store, (await store.read([])).revision, 1);
    const outcome = expect(waiting).rejects.toMatchObject({ code: 'CLOSED' });
    await store.close();
    await outcome;
  });
}
