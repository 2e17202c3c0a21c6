import type { Row } from './row.js';

/** Blocks of rows, one below the other. */
export interface Blocks {
  readonly count: number;
  idAt(index: number): string;
  rowsAt(index: number): readonly Row[];
  /** Undefined: it is not there, and nothing tells where it was. */
  find(id: string): number | undefined;
}

/** A row: a block's index, and the row's in it. */
type Place = { readonly index: number; readonly offset: number };

export type VisiblePart = {
  readonly rows: readonly Row[];
  /** Indexes of the first and the last block of which something is seen. */
  readonly first: number;
  readonly last: number;
  /** The last row of all is seen. */
  readonly atEnd: boolean;
};

/**
 * Which part of a long list of blocks is seen, and which one is selected. It stays at the end while things are added there,
 * or else stays with the block at its top, whatever is added or removed around.
 */
export class MessageScroll {
  /** The row at the top; undefined: the end is followed. */
  private top: { readonly id: string; readonly offset: number } | undefined;
  /** The id of a block. */
  selected: string | undefined;

  get followsEnd(): boolean {
    return this.top === undefined;
  }

  /** Back to the end, with nothing selected. */
  toEnd(): void {
    this.top = undefined;
    this.selected = undefined;
  }

  /** To the first row that there is. */
  toStart(blocks: Blocks): void {
    const first = moved({ index: 0, offset: 0 }, 0, blocks);
    this.top = { id: blocks.idAt(first.index), offset: 0 };
  }

  part(blocks: Blocks, height: number): VisiblePart {
    const rows: Row[] = [];
    let { index, offset } = this.firstPlace(blocks, height);
    const first = index;
    let last = index;
    for (; index < blocks.count && rows.length < height; index += 1, offset = 0) {
      last = index;
      rows.push(...blocks.rowsAt(index).slice(offset, offset + height - rows.length));
    }
    const end = this.endPlace(blocks, height);
    const atEnd = compare(this.firstPlace(blocks, height), end) >= 0;
    return { rows, first, last, atEnd };
  }

  /** Moves by so many rows, up when negative. Returns how many rows upwards were not there. */
  scroll(by: number, blocks: Blocks, height: number): number {
    const from = this.firstPlace(blocks, height);
    const to = moved(from, by, blocks);
    this.lookAt(to, blocks, height);
    return by < 0 ? -by - rowsBetween(to, from, blocks) : 0;
  }

  /** Selects the block before or after, and brings it into sight; a long one is scrolled through first. */
  select(by: 1 | -1, blocks: Blocks, height: number, selectable: (id: string) => boolean): void {
    const { first, last } = this.part(blocks, height);
    const now = this.selected === undefined ? undefined : blocks.find(this.selected);
    if (now !== undefined && now >= first && now <= last && this.scrollThrough(by, now, blocks, height))
      return;
    let next = now === undefined || now < first || now > last ? (by < 0 ? last : first) : now + by;
    while (next > 0 && next < blocks.count && !selectable(blocks.idAt(next))) next += by;
    const id = blocks.idAt(next);
    if (next < 0 || next >= blocks.count || !selectable(id)) {
      this.scroll(by * 3, blocks, height);
      return;
    }
    this.selected = id;
    this.show(next, by, blocks, height);
  }

  /** Moves the selected block's hidden rows into sight. False: there are none. */
  private scrollThrough(by: 1 | -1, index: number, blocks: Blocks, height: number): boolean {
    const step = Math.max(1, height - 2);
    const top = this.firstPlace(blocks, height);
    if (by < 0) {
      if (top.index !== index || top.offset === 0) return false;
      this.scroll(-Math.min(step, top.offset), blocks, height);
      return true;
    }
    const below = rowsBetween(top, { index: index + 1, offset: 0 }, blocks) - height;
    if (below <= 0) return false;
    this.scroll(Math.min(step, below), blocks, height);
    return true;
  }

  private show(index: number, by: 1 | -1, blocks: Blocks, height: number): void {
    const top = this.firstPlace(blocks, height);
    const start = { index, offset: 0 };
    const below = rowsBetween(top, { index: index + 1, offset: 0 }, blocks) - height;
    if (compare(start, top) < 0) {
      const size = blocks.rowsAt(index).length;
      this.lookAt(by < 0 && size > height ? { index, offset: size - height } : start, blocks, height);
    } else if (below > 0) {
      const room = rowsBetween(top, start, blocks);
      this.lookAt(moved(top, Math.min(below, room), blocks), blocks, height);
    }
  }

  private lookAt(place: Place, blocks: Blocks, height: number): void {
    const isEnd = compare(place, this.endPlace(blocks, height)) >= 0;
    this.top = isEnd ? undefined : { id: blocks.idAt(place.index), offset: place.offset };
  }

  private firstPlace(blocks: Blocks, height: number): Place {
    const end = this.endPlace(blocks, height);
    const index = this.top && blocks.find(this.top.id);
    if (!this.top || index === undefined) return end;
    const offset = Math.min(this.top.offset, blocks.rowsAt(index).length - 1);
    const place = { index, offset: Math.max(0, offset) };
    return compare(place, end) < 0 ? place : end;
  }

  /** The top when the last row is at the bottom. */
  private endPlace(blocks: Blocks, height: number): Place {
    return moved({ index: blocks.count, offset: 0 }, -height, blocks);
  }
}

function compare(a: Place, b: Place): number {
  return a.index - b.index || a.offset - b.offset;
}

/** From a row so many rows on; stops at the first one and after the last one. */
function moved({ index, offset }: Place, by: number, blocks: Blocks): Place {
  let at = offset + by;
  while (at < 0 && index > 0) {
    index -= 1;
    at += blocks.rowsAt(index).length;
  }
  at = Math.max(0, at);
  while (index < blocks.count && at >= blocks.rowsAt(index).length) {
    at -= blocks.rowsAt(index).length;
    index += 1;
  }
  return index >= blocks.count ? { index: blocks.count, offset: 0 } : { index, offset: at };
}

function rowsBetween(from: Place, to: Place, blocks: Blocks): number {
  if (compare(to, from) < 0) return 0;
  let rows = to.offset - from.offset;
  for (let index = from.index; index < to.index; index += 1) rows += blocks.rowsAt(index).length;
  return rows;
}
