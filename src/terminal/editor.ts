import { cellsOf, clustersOf, columnsOf, wrapCells } from './text.js';
import type { Cell, WrappedRow } from './text.js';

type Looked = {
  readonly text: string;
  readonly columns: number;
  readonly cells: readonly Cell[];
  readonly wrapped: readonly WrappedRow[];
};

export type EditorView = {
  readonly rows: readonly string[];
  /** Where the cursor is, in rows and columns. */
  readonly row: number;
  readonly column: number;
};

/** A text that is being written, and the cursor in it. Moves by characters with their accents. */
export class Editor {
  text = '';
  /** In UTF-16 units, never inside a character. */
  cursor = 0;
  /** What was cut last, to be put back. */
  private cutOut = '';
  private goal: number | undefined;
  /** The same text is looked at several times for each frame, and may be long. */
  private looked: Looked | undefined;

  constructor(private readonly options: { readonly multiline: boolean } = { multiline: true }) {}

  get isAtLineEnd(): boolean {
    return this.cursor === this.lineEnd();
  }

  /** Another text, with the cursor at its end. */
  set(text: string): void {
    this.text = this.clean(text);
    this.cursor = this.text.length;
    this.goal = undefined;
  }

  insert(text: string): void {
    this.replace(this.cursor, this.cursor, this.clean(text));
  }

  deleteBack(): void {
    this.replace(this.before(), this.cursor, '');
  }

  deleteForward(): void {
    this.replace(this.cursor, this.after(), '');
  }

  deleteWordBack(): void {
    this.cut(this.wordBefore(), this.cursor);
  }

  deleteWordForward(): void {
    this.cut(this.cursor, this.wordAfter());
  }

  deleteToLineStart(): void {
    this.cut(this.lineStart(), this.cursor);
  }

  /** At the end of a line: the line end. */
  deleteToLineEnd(): void {
    const end = this.lineEnd();
    this.cut(this.cursor, end === this.cursor ? this.after() : end);
  }

  /** Puts back what was cut last. */
  putBack(): void {
    this.insert(this.cutOut);
  }

  left(): void {
    this.moveTo(this.before());
  }

  right(): void {
    this.moveTo(this.after());
  }

  wordLeft(): void {
    this.moveTo(this.wordBefore());
  }

  wordRight(): void {
    this.moveTo(this.wordAfter());
  }

  home(): void {
    this.moveTo(this.lineStart());
  }

  end(): void {
    this.moveTo(this.lineEnd());
  }

  /** Into the row above, as the text is shown in so many columns. False: there is none. */
  up(columns: number): boolean {
    return this.moveRow(-1, columns);
  }

  down(columns: number): boolean {
    return this.moveRow(1, columns);
  }

  view(columns: number): EditorView {
    const { cells, wrapped } = this.look(columns);
    const at = this.cellAt(cells);
    // A cursor between two rows stands in the later one.
    const row = Math.max(
      0,
      wrapped.findLastIndex(({ from }) => from <= at),
    );
    // Spaces may stand past the end of a row.
    const rows = wrapped.map(({ from, to }) => within(shown(cells.slice(from, to)), columns));
    const before = cells.slice(wrapped[row]?.from ?? 0, at);
    const column = before.reduce((sum, cell) => sum + cell.columns, 0);
    // After a row that is full the cursor stands at the beginning of the next one.
    if (column >= columns && at === cells.length) return { rows: [...rows, ''], row: row + 1, column: 0 };
    return { rows, row, column: Math.min(column, columns - 1) };
  }

  private moveRow(by: number, columns: number): boolean {
    const { cells, wrapped: rows } = this.look(columns);
    const { row, column } = this.view(columns);
    const target = rows[row + by];
    if (!target) return false;
    const goal = this.goal ?? column;
    let at = target.from;
    for (let used = 0; at < target.to; at += 1) {
      used += cells[at]?.columns ?? 0;
      if (used > goal) break;
    }
    // The place after the last cell of a row that goes on is the next row's first.
    const last = rows.length - 1 === row + by || cells[target.to]?.shown === '\n';
    if (at === target.to && !last && at > target.from) at -= 1;
    this.cursor = cells[at]?.at ?? this.text.length;
    this.goal = goal;
    return true;
  }

  private look(columns: number): Looked {
    const { text } = this;
    if (this.looked?.text === text && this.looked.columns === columns) return this.looked;
    const cells = cellsOf(text);
    this.looked = { text, columns, cells, wrapped: wrapCells(cells, columns) };
    return this.looked;
  }

  private cellAt(cells: readonly Cell[]): number {
    const found = cells.findIndex(({ at }) => at >= this.cursor);
    return found < 0 ? cells.length : found;
  }

  private clean(text: string): string {
    const lines = text.replace(/\r\n?/g, '\n');
    return this.options.multiline ? lines : lines.replace(/\n/g, ' ');
  }

  private cut(from: number, to: number): void {
    if (from === to) return;
    this.cutOut = this.text.slice(from, to);
    this.replace(from, to, '');
  }

  private replace(from: number, to: number, text: string): void {
    this.text = this.text.slice(0, from) + text + this.text.slice(to);
    this.moveTo(from + text.length);
  }

  private moveTo(cursor: number): void {
    this.cursor = cursor;
    this.goal = undefined;
  }

  private before(): number {
    // A cluster is short: only the end of what precedes has to be looked at, but for its first line end.
    const from = Math.max(0, this.cursor - 200);
    const last = clustersOf(this.text.slice(from, this.cursor)).at(-1) ?? '';
    return this.cursor - last.length;
  }

  private after(): number {
    const [first = ''] = clustersOf(this.text.slice(this.cursor, this.cursor + 200));
    return this.cursor + first.length;
  }

  private wordBefore(): number {
    const found = /[^\s\p{P}]*[\s\p{P}]*$/u.exec(this.text.slice(0, this.cursor));
    return found ? found.index : 0;
  }

  private wordAfter(): number {
    const [found = ''] = /^[\s\p{P}]*[^\s\p{P}]*/u.exec(this.text.slice(this.cursor)) ?? [];
    return this.cursor + found.length;
  }

  private lineStart(): number {
    return this.text.lastIndexOf('\n', this.cursor - 1) + 1;
  }

  private lineEnd(): number {
    const at = this.text.indexOf('\n', this.cursor);
    return at < 0 ? this.text.length : at;
  }
}

function within(row: string, columns: number): string {
  return columnsOf(row) > columns ? row.trimEnd() : row;
}

function shown(cells: readonly { readonly shown: string }[]): string {
  return cells.map(({ shown: text }) => text).join('');
}
