import { expect, it } from 'vitest';
import { describeOutboxStorage } from '../../../src/client/contract/outbox-storage.js';
import { MemoryOutboxStorage } from '../../../src/client/outbox-storage.js';
import type { OutboxRecord } from '../../../src/client/outbox-storage.js';
import { PageOutbox } from './page-outbox.js';

/** A browser's, which may be full. */
class Kept extends MemoryOutboxStorage {
  full = false;

  override put(record: OutboxRecord): Promise<void> {
    return this.full ? Promise.reject(new Error('full')) : super.put(record);
  }
}

const record = (key: string, tried = false): OutboxRecord => ({
  key,
  order: 1,
  clientMessageId: `id of ${key}`,
  target: { username: 'ben' },
  text: 'hello',
  addTime: 1,
  tried,
});

describeOutboxStorage('a page that keeps', () => {
  const kept = new Kept();
  return Promise.resolve(() => Promise.resolve(new PageOutbox(kept)));
});

it('has in memory what a browser that keeps nothing does not take, and says so', async () => {
  const outbox = new PageOutbox(undefined);
  expect(outbox.getSnapshot()).toEqual({ lasts: false, forgettable: new Set() });
  await outbox.put(record('a'));
  await outbox.put(record('a', true));
  expect(await outbox.load()).toEqual([record('a', true)]);
  expect(await outbox.get('a')).toEqual(record('a', true));
  expect(outbox.getSnapshot().forgettable).toEqual(new Set(['a']));
  await outbox.remove('a');
  expect(await outbox.load()).toEqual([]);
  expect(outbox.getSnapshot().forgettable.size).toBe(0);
});

it('has in memory what there is no room for, until there is', async () => {
  const kept = new Kept();
  const outbox = new PageOutbox(kept);
  await outbox.put(record('a'));
  expect(outbox.getSnapshot().lasts).toBe(true);
  kept.full = true;
  await outbox.put(record('b'));
  expect(outbox.getSnapshot()).toEqual({ lasts: false, forgettable: new Set(['b']) });
  expect((await outbox.load()).map(({ key }) => key)).toEqual(['a', 'b']);
  kept.full = false;
  await outbox.put(record('b', true));
  expect(outbox.getSnapshot()).toEqual({ lasts: true, forgettable: new Set() });
  expect(await kept.get('b')).toEqual(record('b', true));
  await outbox.remove('b');
  expect((await kept.load()).map(({ key }) => key)).toEqual(['a']);
});

it('changes nothing in memory alone of what the browser keeps: the next page would send it again', async () => {
  const kept = new Kept();
  const outbox = new PageOutbox(kept);
  await outbox.put(record('a'));
  kept.full = true;
  await expect(outbox.put(record('a', true))).rejects.toThrow('full');
  expect(await outbox.get('a')).toEqual(record('a'));
});
