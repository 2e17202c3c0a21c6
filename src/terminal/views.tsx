import { Box, Text } from 'ink';
import { useEffect, useSyncExternalStore } from 'react';
import type { ReactNode } from 'react';
import { printable } from '../client/printable.js';
import type { Time } from '../client/types.js';
import type { App } from './app.js';
import { entryRow } from './conversation-entries.js';
import { dayName } from './dates.js';
import type { Desk } from './desk.js';
import { smallest } from './layout.js';
import type { Layout } from './layout.js';
import type { LoginPage } from './login-page.js';
import type { OpenConversation } from './open-conversation.js';
import { around } from './panel.js';
import type { Hint } from './panel.js';
import { columnsOfRow, cutRow, row, rule } from './row.js';
import type { Row, Span } from './row.js';
import type { CursorPlace } from './screen.js';
import { columnsOf, cut, fit } from './text.js';

export type ViewParts = {
  readonly app: App;
  /** NO_COLOR is not set. */
  readonly hasColors: boolean;
  readonly placeCursor: (place: CursorPlace | undefined) => void;
};

/** Few, and from the terminal's own palette, where each can be read on light and on dark. */
const colors = { own: 'magenta', bad: 'red', good: 'green' };

/** The whole screen. */
export function Root({ app, hasColors, placeCursor }: ViewParts): ReactNode {
  useSyncExternalStore(app.subscribe, app.getSnapshot);
  const { columns, rows } = app.size;
  useEffect(() => app.desk?.settle());
  const isSmall = columns < smallest.columns || rows < smallest.rows;
  useEffect(() => {
    if (isSmall || !(app.desk ?? app.login)) placeCursor(undefined);
  });
  const paint = { hasColors, placeCursor };
  if (isSmall) return <Text>{cut('Too small a window', columns)}</Text>;
  if (app.desk) return <DeskView desk={app.desk} layout={app.desk.layout} {...paint} />;
  if (app.login) return <LoginView page={app.login} columns={columns} rows={rows} {...paint} />;
  return <Text> </Text>;
}

type Paint = Omit<ViewParts, 'app'>;

function LoginView(props: Paint & { page: LoginPage; columns: number; rows: number }): ReactNode {
  const { page, columns, rows, hasColors, placeCursor } = props;
  const view = page.view(columns);
  useCursor(placeCursor, view.cursor, 1, 0);
  return (
    <Box flexDirection="column">
      <Rows rows={[bar(' Holdfast', '', columns)]} columns={columns} height={1} hasColors={hasColors} />
      <Rows rows={view.rows} columns={columns} height={rows - 2} hasColors={hasColors} />
      <Rows rows={[hintRow(page.hints, columns)]} columns={columns} height={1} hasColors={hasColors} />
    </Box>
  );
}

function DeskView({
  desk,
  layout,
  hasColors,
  placeCursor,
}: Paint & { desk: Desk; layout: Layout }): ReactNode {
  const { columns, rows } = layout;
  const lines = { columns, hasColors };
  return (
    <Box flexDirection="column">
      <Rows rows={[header(desk, layout)]} height={1} {...lines} />
      <Box height={rows - 2}>
        {desk.panel ? (
          <PanelView desk={desk} layout={layout} hasColors={hasColors} placeCursor={placeCursor} />
        ) : (
          <Panes desk={desk} layout={layout} hasColors={hasColors} placeCursor={placeCursor} />
        )}
      </Box>
      <Rows rows={[footer(desk, columns)]} height={1} {...lines} />
    </Box>
  );
}

function PanelView({
  desk,
  layout,
  hasColors,
  placeCursor,
}: Paint & { desk: Desk; layout: Layout }): ReactNode {
  const { columns, rows } = layout.panel;
  const view = desk.panel?.view(columns, rows);
  useCursor(placeCursor, view?.cursor, 2, 0);
  const title = rule([{ text: desk.panel?.title ?? '', bold: true }], columns);
  return (
    <Rows rows={[title, ...(view?.rows ?? [])]} columns={columns} height={rows + 1} hasColors={hasColors} />
  );
}

function Panes({ desk, layout, hasColors, placeCursor }: Paint & { desk: Desk; layout: Layout }): ReactNode {
  const { list, isWide, rows, columns } = layout;
  const divider = Array.from({ length: rows - 2 }, () => row('│', { dim: true }));
  const right = columns - (list?.columns ?? 0) - 1;
  const left = isWide && list ? list.columns + 1 : 0;
  const view = conversationView(desk, layout);
  useCursor(placeCursor, view?.cursor, 1, left);
  return (
    <>
      {list && (
        <Rows rows={listRows(desk, list)} columns={list.columns} height={list.rows} hasColors={hasColors} />
      )}
      {isWide && <Rows rows={divider} columns={1} height={rows - 2} hasColors={hasColors} />}
      {view && <Rows rows={view.rows} columns={view.columns} height={rows - 2} hasColors={hasColors} />}
      {!view && isWide && (
        <Rows rows={welcome(desk)} columns={right} height={rows - 2} hasColors={hasColors} />
      )}
    </>
  );
}

function useCursor(
  placeCursor: ViewParts['placeCursor'],
  cursor: CursorPlace | undefined,
  below: number,
  rightOf: number,
): void {
  useEffect(() => placeCursor(cursor && { row: cursor.row + below, column: cursor.column + rightOf }));
}

/** As many rows as there is room for, each cut to the width. */
function Rows(props: {
  rows: readonly Row[];
  columns: number;
  height: number;
  hasColors: boolean;
}): ReactNode {
  const { rows, columns, height, hasColors } = props;
  return (
    <Box flexDirection="column" width={columns} height={height} flexShrink={0}>
      {rows.slice(0, height).map((spans, i) => (
        <Text key={i} wrap="truncate">
          {cutRow(spans, columns).map((span, j) => (
            <Piece key={j} span={span} hasColors={hasColors} />
          ))}
          {spans.length === 0 || columnsOfRow(spans) === 0 ? ' ' : ''}
        </Text>
      ))}
    </Box>
  );
}

function Piece({ span, hasColors }: { span: Span; hasColors: boolean }): ReactNode {
  const { text, bold = false, dim = false, inverse = false, underline = false, tone } = span;
  const color = tone && hasColors ? { color: colors[tone] } : {};
  return (
    <Text bold={bold} dimColor={dim} inverse={inverse} underline={underline} {...color}>
      {text}
    </Text>
  );
}

/** A row over the whole width, with something at both ends. */
function bar(left: string, right: string, columns: number): Row {
  const end = cut(right, Math.max(0, columns - 12));
  return [{ text: `${fit(left, Math.max(0, columns - columnsOf(end) - 1))}${end} `, inverse: true }];
}

function header(desk: Desk, { columns, isWide, messages }: Layout): Row {
  const { text: whole, short, isGood } = desk.connection;
  const text = isWide ? whole : short;
  const others = desk.unreadElsewhere;
  const elsewhere = others > 0 ? ` · ${others} new elsewhere` : '';
  const title =
    !isWide && messages ? titleOf(desk.open) + elsewhere : `Holdfast · ${printable(desk.username)}`;
  const room = columns - columnsOf(title) - 5;
  return bar(` ${title}`, cut(isGood ? `● ${text}` : `○ ${text}`, Math.max(16, room)), columns);
}

function footer(desk: Desk, columns: number): Row {
  if (!desk.notice) return hintRow(desk.hints, columns);
  const { text, tone } = desk.notice;
  return cutRow([{ text: ` ${text}`, bold: true, tone }], columns);
}

/** As many hints as there is room for. */
function hintRow(hints: readonly Hint[], columns: number): Row {
  const spans: Span[] = [];
  let used = 0;
  for (const [key, does] of hints) {
    const before = used === 0 ? ' ' : '   ';
    const width = before.length + columnsOf(key) + 1 + columnsOf(does);
    if (used + width > columns) break;
    spans.push({ text: before }, { text: key, bold: true }, { text: ` ${does}` });
    used += width;
  }
  return spans;
}

function listRows(
  desk: Desk,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): readonly Row[] {
  const { entries, marks } = desk;
  const { loaded, hasMore } = desk.model.getSnapshot();
  if (entries.length === 0) {
    return loaded
      ? [row(' No conversations yet.'), row(' n finds people.', { dim: true })]
      : [row(' Loading …', { dim: true })];
  }
  const { part, from } = around(entries, marks.at, rows);
  const hasFocus = desk.focus === 'list';
  const shown = part.map((entry, i) => {
    const isOpen = from + i === marks.open;
    // What is seen is read, though the servers have not said so yet.
    const unread = isOpen && desk.layout.messages && desk.open?.scroll.followsEnd ? 0 : entry.unread;
    return entryRow({ ...entry, unread }, columns, { isHere: from + i === marks.at, isOpen, hasFocus });
  });
  return hasMore ? [...shown, row(' more …', { dim: true })] : shown;
}

function welcome(desk: Desk): readonly Row[] {
  const { waiting, refused } = desk.model.getSnapshot();
  const lines: Row[] = [row(''), row('  Choose a conversation, or find people with n.', { dim: true })];
  if (waiting > 0) lines.push(row(`  Waiting to be sent: ${waiting}`));
  if (refused > 0)
    lines.push(row(`  Refused: ${refused}; they are marked with ! on the left.`, { tone: 'bad' }));
  return lines;
}

function titleOf(open: OpenConversation | undefined): string {
  const { username } = open?.names ?? {};
  const closed = open?.timeline.getSnapshot().conversation?.closed ?? false;
  return username === undefined || closed ? '(deleted account)' : printable(username);
}

/** The messages, a line that says to whom, and what is being written. */
function conversationView(
  desk: Desk,
  { messages, text, rows }: Layout,
):
  | { readonly rows: readonly Row[]; readonly columns: number; readonly cursor: CursorPlace | undefined }
  | undefined {
  const { open, focus } = desk;
  if (!open || !messages || !text) return undefined;
  const blocks = desk.blocksOf(open);
  const part = open.scroll.part(blocks, messages.rows);
  const timeOf = (index: number) => blocks.messageOf(blocks.idAt(index))?.createTime;
  const blank = Array.from({ length: messages.rows - part.rows.length }, () => row(''));
  const view = open.editor.view(text.columns);
  const { part: seen, from } = around(view.rows, view.row, text.rows);
  const hasFocus = focus === 'text';
  const written = seen.map((line, i): Row => [
    { text: i === 0 && hasFocus ? '▌ ' : '  ', bold: true },
    { text: line },
  ]);
  const cursor = hasFocus
    ? { row: messages.rows + 1 + view.row - from, column: Math.min(view.column, text.columns - 1) + 2 }
    : undefined;
  const all = [
    ...blank,
    ...part.rows,
    rule(lineOf(open, focus, timeOf(part.first)), messages.columns),
    ...written,
  ];
  return { rows: all.slice(0, rows - 2), columns: messages.columns, cursor };
}

/** `time`: of the first message that is seen. */
function lineOf(open: OpenConversation, focus: Desk['focus'], time: Time | undefined): Row {
  const { conversation, loading, messages } = open.timeline.getSnapshot();
  const unseen =
    open.unseen > 0
      ? `${open.unseen} new below`
      : open.scroll.followsEnd || time === undefined
        ? ''
        : dayName(time);
  const isLoading = loading && messages.length > 0 && !open.scroll.followsEnd;
  const after: Span[] = unseen === '' ? [] : [{ text: ` ─ ${unseen}, End`, bold: open.unseen > 0 }];
  if (isLoading) after.push({ text: ' ─ loading …', dim: true });
  if (conversation?.closed) return [{ text: 'closed: this account was deleted', bold: true }, ...after];
  const text = open.editing === undefined ? `to ${titleOf(open)}` : 'editing, Esc leaves it as it was';
  return [{ text, bold: focus === 'text' }, ...after];
}
