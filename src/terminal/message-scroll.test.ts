import { expect, it } from 'vitest';
import { MessageScroll } from './message-scroll.js';
import type { Blocks } from './message-scroll.js';
import { row } from './row.js';

/** Blocks whose rows are told by their id and number, such as "b1". */
function blocksOf(sizes: Readonly<Record<string, number>>): Blocks {
  const ids = Object.keys(sizes);
  return {
    count: ids.length,
    idAt: (index) => ids[index] ?? '',
    rowsAt: (index) => {
      const id = ids[index] ?? '';
      return Array.from({ length: sizes[id] ?? 0 }, (_, i) => row(`${id}${i + 1}`));
    },
    find: (id) => (ids.includes(id) ? ids.indexOf(id) : undefined),
  };
}

const blocks = blocksOf({ a: 2, b: 3, c: 1, d: 2 });

function seen(scroll: MessageScroll, of = blocks, height = 4): string {
  const { rows } = scroll.part(of, height);
  return rows.map(([span]) => span?.text).join(' ');
}

it('follows the end', () => {
  const scroll = new MessageScroll();
  expect(seen(scroll)).toBe('b3 c1 d1 d2');
  expect(seen(scroll, blocksOf({ a: 2, b: 3, c: 1, d: 2, e: 1 }))).toBe('c1 d1 d2 e1');
  expect(seen(scroll, blocksOf({ a: 2 }))).toBe('a1 a2');
});

it('stays where it was put, whatever is added before or after', () => {
  const scroll = new MessageScroll();
  scroll.scroll(-2, blocks, 4);
  expect(seen(scroll)).toBe('b1 b2 b3 c1');
  expect(seen(scroll, blocksOf({ x: 9, a: 2, b: 3, c: 1, d: 2, e: 5 }))).toBe('b1 b2 b3 c1');
  expect(scroll.part(blocks, 4)).toMatchObject({ first: 1, last: 2, atEnd: false });
});

it('stops at both ends, and follows again from the last one', () => {
  const scroll = new MessageScroll();
  scroll.scroll(-100, blocks, 4);
  expect(seen(scroll)).toBe('a1 a2 b1 b2');
  scroll.scroll(100, blocks, 4);
  expect([scroll.followsEnd, seen(scroll)]).toEqual([true, 'b3 c1 d1 d2']);
});

it('is not moved by what is added before an empty first block, and tells what was missing', () => {
  const scroll = new MessageScroll();
  const from = blocksOf({ top: 0, a: 2, b: 3, c: 1, d: 2 });
  expect(scroll.scroll(-6, from, 4)).toBe(2);
  expect(seen(scroll, blocksOf({ top: 0, x: 3, a: 2, b: 3, c: 1, d: 2 }))).toBe('a1 a2 b1 b2');
});

it('goes to the end when the block at its top is gone', () => {
  const scroll = new MessageScroll();
  scroll.scroll(-2, blocks, 4);
  expect(seen(scroll, blocksOf({ c: 3, d: 4 }))).toBe('d1 d2 d3 d4');
});

it('brings what is selected into sight, and scrolls through what is longer', () => {
  const scroll = new MessageScroll();
  const up = () => scroll.select(-1, blocks, 2, (id) => id !== 'a');
  const down = () => scroll.select(1, blocks, 2, (id) => id !== 'a');
  up();
  expect([scroll.selected, seen(scroll, blocks, 2)]).toEqual(['d', 'd1 d2']);
  up();
  expect([scroll.selected, seen(scroll, blocks, 2)]).toEqual(['c', 'c1 d1']);
  up();
  expect([scroll.selected, seen(scroll, blocks, 2)]).toEqual(['b', 'b2 b3']);
  up();
  expect([scroll.selected, seen(scroll, blocks, 2)]).toEqual(['b', 'b1 b2']);
  up();
  expect([scroll.selected, seen(scroll, blocks, 2)]).toEqual(['b', 'a1 a2']);
  down();
  expect(scroll.selected).toBe('b');
  for (let i = 0; i < 6; i += 1) down();
  expect([scroll.selected, scroll.followsEnd]).toEqual(['d', true]);
});
