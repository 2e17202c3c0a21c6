import { columnsOf, cut } from './text.js';

/** How a part of a row looks; without colours it must still be understood by its words and marks. */
export type Look = {
  readonly bold?: boolean | undefined;
  readonly dim?: boolean | undefined;
  readonly inverse?: boolean | undefined;
  readonly underline?: boolean | undefined;
  /** own: what the person wrote; bad: what went wrong; good: what is as it should be. */
  readonly tone?: 'own' | 'bad' | 'good' | undefined;
};

export type Span = Look & {
  /** Of printable characters only. */
  readonly text: string;
};

/** One row of the screen, or of a part of it. */
export type Row = readonly Span[];

export function row(text: string, look: Look = {}): Row {
  return [{ text, ...look }];
}

export function columnsOfRow(spans: Row): number {
  return spans.reduce((sum, { text }) => sum + columnsOf(text), 0);
}

/** At most so many columns. */
export function cutRow(spans: Row, columns: number): Row {
  const kept: Span[] = [];
  let left = columns;
  for (const span of spans) {
    const text = cut(span.text, left);
    kept.push({ ...span, text });
    left -= columnsOf(text);
    if (text !== span.text) break;
  }
  return kept;
}

/** A line through the whole width with a text in it. */
export function rule(text: Row, columns: number): Row {
  const title = cutRow(text, columns - 3);
  const used = columnsOfRow(title);
  if (used === 0) return row('─'.repeat(columns), { dim: true });
  const after = Math.max(0, columns - used - 3);
  return [{ text: '─ ', dim: true }, ...title, { text: ` ${'─'.repeat(after)}`, dim: true }];
}
