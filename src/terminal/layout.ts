import type { Editor } from './editor.js';

type Area = { readonly columns: number; readonly rows: number };

/** How the screen is divided; what is undefined is not seen. */
export type Layout = Area & {
  /** All panes are seen, side by side. */
  readonly isWide: boolean;
  readonly list: Area | undefined;
  readonly messages: Area | undefined;
  readonly text: Area | undefined;
  /** For a panel. */
  readonly panel: Area;
};

const wideFrom = 64;
/** Below this nothing can be made of it. */
export const smallest = { columns: 20, rows: 6 };

/** The first row tells where one is, the last one the keys; with less than 64 columns one pane is seen at a time. */
export function layoutOf(
  columns: number,
  rows: number,
  focus: 'list' | 'messages' | 'text',
  editor: Editor | undefined,
): Layout {
  const inner = rows - 2;
  const isWide = columns >= wideFrom;
  const listColumns = isWide ? Math.max(20, Math.min(34, Math.floor(columns * 0.28))) : columns;
  const list = isWide || focus === 'list' || !editor ? { columns: listColumns, rows: inner } : undefined;
  const right = isWide ? columns - listColumns - 1 : columns;
  const base = { columns, rows, isWide, list, panel: { columns, rows: inner - 1 } };
  if (!editor || (!isWide && focus === 'list')) return { ...base, messages: undefined, text: undefined };
  const most = Math.max(1, Math.min(8, Math.floor(inner / 3)));
  const textColumns = right - 2;
  const wanted = editor.view(textColumns).rows.length;
  const textRows = Math.max(1, Math.min(most, wanted));
  return {
    ...base,
    // A line divides them.
    messages: { columns: right, rows: inner - textRows - 1 },
    text: { columns: textColumns, rows: textRows },
  };
}
