import type { Key } from './key-parser.js';
import type { Row } from './row.js';
import type { CursorPlace } from './screen.js';

/** What a part of the screen shows. */
export type View = { readonly rows: readonly Row[]; readonly cursor?: CursorPlace | undefined };

/** A key and what it does, for the last row. */
export type Hint = readonly [key: string, does: string];

/** What takes the place of the conversations for a while: it gets all keys, and leaves with Escape. */
export interface Panel {
  readonly title: string;
  readonly hints: readonly Hint[];
  /** False: it does not know the key. */
  onKey(key: Key): boolean;
  view(columns: number, rows: number): View;
  /** Ends what it has under way. */
  close?(): void;
}

/** What panels need of what they stand on. */
export type PanelHost = {
  readonly redraw: () => void;
  readonly close: () => void;
};

/** Such as 'ctrl+n', 'enter', 'd'. */
export function shortcut(key: Key): string {
  if (key.type === 'text') return key.text;
  if (key.type === 'paste') return '';
  const { name, ctrl, alt, shift } = key;
  return [ctrl && 'ctrl', alt && 'alt', shift && 'shift', name].filter(Boolean).join('+');
}

/** The part of a long list of rows that keeps one of them in sight. */
export function around<T>(
  all: readonly T[],
  at: number,
  height: number,
): { part: readonly T[]; from: number } {
  const from = Math.max(0, Math.min(at - Math.floor(height / 2), all.length - height));
  return { part: all.slice(from, from + height), from };
}
