import stringWidth from 'string-width';
import { printable } from '../client/printable.js';

// Texts as terminals show them: by clusters of characters that stand together, and columns of the screen.

const clusters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const ascii = /^[\x20-\x7e]*$/;

/** The characters of a text, each with its accents. */
export function clustersOf(text: string): string[] {
  return Array.from(clusters.segment(text), ({ segment }) => segment);
}

/** Columns of the screen. Of text without line ends. */
export function columnsOf(text: string): number {
  return ascii.test(text) ? text.length : stringWidth(text);
}

/** What one character with all its accents is shown as, and where it stands in the text. */
export type Cell = { readonly shown: string; readonly columns: number; readonly at: number };

/** One character can carry many that take no room, which are shown: such a one is several cells. */
const maxColumns = 8;

/** A tab takes two columns; line ends are cells of no columns that stay what they are. */
export function cellsOf(text: string): Cell[] {
  const cells: Cell[] = [];
  for (const { segment, index } of clusters.segment(text)) {
    if (segment === '\n' || segment === '\r\n') {
      cells.push({ shown: '\n', columns: 0, at: index + segment.length - 1 });
      continue;
    }
    const shown = segment === '\t' ? '  ' : printable(segment);
    const columns = columnsOf(shown);
    if (columns <= maxColumns) cells.push({ shown, columns, at: index });
    else
      for (const part of clustersOf(shown)) cells.push({ shown: part, columns: columnsOf(part), at: index });
  }
  return cells;
}

/** At most so many columns; what is left out is told by '…'. */
export function cut(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let kept = '';
  let used = 0;
  for (const cluster of clustersOf(text)) {
    const width = columnsOf(cluster);
    if (used + width > columns - 1) break;
    kept += cluster;
    used += width;
  }
  return columns > 0 ? `${kept}…` : '';
}

/** Exactly so many columns. */
export function fit(text: string, columns: number): string {
  const shown = cut(text, columns);
  return shown + ' '.repeat(Math.max(0, columns - columnsOf(shown)));
}

/** A row of the screen: the cells of a text from `from` up to `to`. */
export type WrappedRow = { readonly from: number; readonly to: number };

/**
 * Breaks at line ends, and before what would not fit: after the last space, or anywhere in a word that is longer
 * than a row, or between characters of scripts without spaces. Spaces at the end of a row may be past its columns.
 */
export function wrapCells(cells: readonly Cell[], columns: number): WrappedRow[] {
  const rows: WrappedRow[] = [];
  let from = 0;
  let used = 0;
  let breakAt = 0;
  cells.forEach((cell, i) => {
    if (cell.shown === '\n') {
      rows.push({ from, to: i });
      from = i + 1;
      used = 0;
      breakAt = from;
      return;
    }
    const isSpace = cell.shown.trim() === '';
    // What a break after a space takes along may leave no room either.
    while (!isSpace && used + cell.columns > columns && i > from) {
      const to = breakAt > from ? breakAt : i;
      rows.push({ from, to });
      used = cells.slice(to, i).reduce((sum, { columns: width }) => sum + width, 0);
      from = to;
    }
    used += cell.columns;
    if (isSpace || cell.columns > 1) breakAt = i + 1;
  });
  rows.push({ from, to: cells.length });
  return rows;
}

/** The rows of a text, each at most so many columns, but at least one character. */
export function wrap(text: string, columns: number): string[] {
  const cells = cellsOf(text);
  return wrapCells(cells, columns).map(({ from, to }) => {
    const row = cells
      .slice(from, to)
      .map(({ shown }) => shown)
      .join('');
    return columnsOf(row) > columns ? row.trimEnd() : row;
  });
}
