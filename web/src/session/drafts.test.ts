import { expect, it } from 'vitest';
import { Drafts } from './drafts.js';

class Kept {
  readonly items = new Map<string, string>();
  getItem = (key: string) => this.items.get(key) ?? null;
  setItem = (key: string, value: string) => void this.items.set(key, value);
  removeItem = (key: string) => void this.items.delete(key);
  key = (index: number) => [...this.items.keys()][index] ?? null;

  get length(): number {
    return this.items.size;
  }
}

it('keeps a draft for each conversation, of each account, and tells of changes', () => {
  const kept = new Kept();
  const [ann, ben] = [new Drafts('ann', kept), new Drafts('ben', kept)];
  let told = 0;
  ann.subscribe(() => (told += 1));
  ann.set('cleo', 'hel');
  ann.set('cleo', 'hel');
  ben.set('cleo', 'other');
  expect([ann.get('cleo'), ann.get('dan'), told]).toEqual(['hel', '', 1]);
  expect(new Drafts('ann', kept).get('cleo')).toBe('hel');
  ann.set('cleo', '');
  expect(ann.get('cleo')).toBe('');
  ann.set('dan', 'x');
  ann.clear();
  expect([...kept.items.values()]).toEqual(['other']);
});

/** What the test lets succeed or fail. */
function sending() {
  const calls: { readonly text: string; readonly keep: () => void; readonly fail: () => void }[] = [];
  const send = (text: string) =>
    new Promise<void>((resolve, reject) => {
      calls.push({ text, keep: resolve, fail: () => reject(new Error('full')) });
    });
  return { calls, send };
}

it('keeps what is sent until it is kept elsewhere, and shows it no more', async () => {
  const kept = new Kept();
  const drafts = new Drafts('ann', kept);
  const next = () => new Drafts('ann', kept).get('ben');
  const { calls, send } = sending();
  drafts.set('ben', 'one');
  const first = drafts.send('ben', send);
  expect([drafts.get('ben'), next()]).toEqual(['', 'one']);
  drafts.set('ben', 'two');
  const second = drafts.send('ben', send);
  drafts.set('ben', 'thr');
  expect(calls.map(({ text }) => text)).toEqual(['one', 'two']);
  expect([drafts.get('ben'), next()]).toEqual(['thr', 'one\ntwo\nthr']);
  calls[0]?.keep();
  await first;
  expect([drafts.get('ben'), next()]).toEqual(['thr', 'two\nthr']);
  calls[1]?.keep();
  await second;
  drafts.set('ben', '');
  expect([next(), kept.items.size]).toEqual(['', 0]);
});

it('puts what could not be kept before what was written since', async () => {
  const kept = new Kept();
  const drafts = new Drafts('ann', kept);
  const { calls, send } = sending();
  drafts.set('ben', 'same');
  const first = drafts.send('ben', send);
  drafts.set('ben', 'same');
  calls[0]?.fail();
  await expect(first).rejects.toThrow('full');
  expect(drafts.get('ben')).toBe('same\nsame');
  // Also where the browser keeps nothing at all.
  kept.setItem = () => undefined;
  const second = drafts.send('ben', send);
  expect(drafts.get('ben')).toBe('');
  calls[1]?.fail();
  await expect(second).rejects.toThrow('full');
  expect(drafts.get('ben')).toBe('same\nsame');
});
