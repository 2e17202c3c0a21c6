import { describe, expect, it } from 'vitest';
import type { OutboxRecord, OutboxStorage } from '../outbox-storage.js';

function record(key: string, fields: Partial<OutboxRecord> = {}): OutboxRecord {
  return {
    key,
    order: 1,
    clientMessageId: `id of ${key}`,
    target: { username: 'ben' },
    text: 'Grüße,\n"你好"',
    addTime: 1_700_000_000_000,
    tried: false,
    ...fields,
  };
}

const byKey = (records: readonly OutboxRecord[]) => [...records].sort((a, b) => (a.key < b.key ? -1 : 1));

/**
 * What every storage of an outbox has to do. `open` gives another view of the same storage each time, as
 * several processes have; a new storage for each test.
 */
export function describeOutboxStorage(
  name: string,
  create: () => Promise<() => Promise<OutboxStorage>>,
): void {
  describe(`${name} as the storage of an outbox`, () => {
    it('keeps records as they are', async () => {
      const open = await create();
      const storage = await open();
      expect(await storage.load()).toEqual([]);
      const records = [
        record('a'),
        record('b', { order: 2, knownSeq: 0, tried: true }),
        record('c', { target: { conversationId: 'c', username: 'ben' }, knownSeq: 7 }),
        record('d', { target: { conversationId: 'c' }, refusal: { reason: 'R', message: 'no' } }),
      ];
      for (const one of records) await storage.put(one);
      for (const view of [storage, await open()]) {
        expect(byKey(await view.load())).toEqual(records);
        expect(await view.get('c')).toEqual(records[2]);
        expect(await view.get('x')).toBeUndefined();
      }
    });

    it('replaces and removes them, for all who use it', async () => {
      const open = await create();
      const [here, there] = [await open(), await open()];
      await here.put(record('a'));
      await here.put(record('b'));
      await there.put(record('a', { text: 'other', tried: true }));
      expect(await here.get('a')).toMatchObject({ text: 'other', tried: true });
      await there.remove('a');
      await there.remove('a');
      expect(await here.get('a')).toBeUndefined();
      expect((await here.load()).map(({ key }) => key)).toEqual(['b']);
    });

    it('takes what many put at the same time', async () => {
      const open = await create();
      const views = [await open(), await open(), await open()];
      const keys = Array.from({ length: 30 }, (_, i) => `key${String(i).padStart(2, '0')}`);
      await Promise.all(
        keys.map(async (key, i) => {
          await views[i % 3]?.put(record(key));
          await views[(i + 1) % 3]?.put(record(key, { tried: true }));
          if (i % 5 === 0) await views[(i + 2) % 3]?.remove(key);
        }),
      );
      const left = keys.filter((_, i) => i % 5 !== 0);
      for (const view of views) {
        expect(byKey(await view.load())).toEqual(left.map((key) => record(key, { tried: true })));
      }
    });
  });
}
