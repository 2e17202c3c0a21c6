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
