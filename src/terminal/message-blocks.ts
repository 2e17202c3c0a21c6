import { printable } from '../client/printable.js';
import type { OutboxEntry } from '../client/outbox-item.js';
import type { TimelineSnapshot } from '../client/timeline.js';
import type { Message } from '../client/types.js';
import { clockTime, dayName, sameDay } from './dates.js';
import { row, rule } from './row.js';
import type { Row, Span } from './row.js';
import { columnsOf, wrap } from './text.js';

export type BlockOptions = {
  readonly columns: number;
  readonly accountId: string;
  readonly username: string;
  /** Messages of others with these numbers, both included, were new when the conversation was opened. */
  readonly fresh: { readonly from: number; readonly to: number } | undefined;
  readonly selected: string | undefined;
};

type Block = { readonly id: string; readonly build: () => readonly Row[] };

/** Columns for what stands before a text: the mark of what is selected, the time, a space. */
const indent = 7;
const timeColumns = 5;

/** What stands in place of the time. */
const states = { sending: 'send…', waiting: 'wait…', refused: 'error' };

/**
 * What is shown of a conversation, as blocks of rows: messages with the days between them, then what is on its
 * way. Only blocks that are asked for are built; bodies are kept, as wrapping them is what takes time.
 */
export class MessageBlocks {
  private readonly blocks: Block[] = [];
  private readonly built = new Map<number, readonly Row[]>();
  /** By id. */
  private readonly places = new Map<string, number>();

  constructor(
    private readonly snapshot: TimelineSnapshot,
    private readonly options: BlockOptions,
  ) {
    this.add('top', () => this.top());
    const { messages, pending, hasNewer } = snapshot;
    const { fresh, accountId } = options;
    const isFresh = ({ seq, senderId }: Message) =>
      fresh !== undefined && seq >= fresh.from && seq <= fresh.to && senderId !== accountId;
    const first = messages.findIndex(isFresh);
    // Of the oldest one that is loaded it is not known.
    const firstFresh = first === 0 && snapshot.hasOlder ? -1 : first;
    messages.forEach((message, i) => {
      this.add(idOf(message), () => this.message(message, messages[i - 1], i === firstFresh));
    });
    if (hasNewer && messages.length > 0)
      this.add('bottom', () => [row('       more messages follow …', { dim: true })]);
    else for (const entry of pending) this.add(entry.key, () => this.entry(entry));
  }

  get count(): number {
    return this.blocks.length;
  }

  idAt(index: number): string {
    return this.blocks[index]?.id ?? 'top';
  }

  rowsAt(index: number): readonly Row[] {
    let rows = this.built.get(index);
    if (!rows) {
      rows = this.blocks[index]?.build() ?? [];
      this.built.set(index, rows);
    }
    return rows;
  }

  /** Where a block is; where it would be, for a message that is gone; undefined when nothing tells. */
  find(id: string): number | undefined {
    const found = this.places.get(id);
    if (found !== undefined) return found;
    if (!/^\d+$/.test(id)) return undefined;
    const next = this.snapshot.messages.findIndex(({ seq }) => seq >= Number(id));
    return next < 0 ? undefined : next + 1;
  }

  messageOf(id: string): Message | undefined {
    return this.snapshot.messages.find((message) => idOf(message) === id);
  }

  entryOf(id: string): OutboxEntry | undefined {
    return this.snapshot.pending.find(({ key }) => key === id);
  }

  private add(id: string, build: () => readonly Row[]): void {
    this.places.set(id, this.blocks.length);
    this.blocks.push({ id, build });
  }

  private top(): readonly Row[] {
    const { hasOlder, loading, messages, problem, pending } = this.snapshot;
    const { columns } = this.options;
    if (problem) {
      const text = `Messages can not be loaded: ${printable(problem.message)}`;
      return wrap(text, columns - 1).map((line) => row(` ${line}`, { tone: 'bad' }));
    }
    if (!hasOlder || (messages.length === 0 && !loading)) {
      const empty = messages.length === 0 && pending.length === 0;
      return [row(empty ? ' No messages yet: write the first one.' : ' The beginning.', { dim: true })];
    }
    // Nothing while there are older ones: what is added there must not move what is seen.
    return messages.length === 0 ? [row(' Loading …', { dim: true })] : [];
  }

  private message(message: Message, previous: Message | undefined, isFirstFresh: boolean): readonly Row[] {
    const { columns, accountId, selected } = this.options;
    const { createTime, senderId } = message;
    const rows: Row[] = [];
    // Of the oldest one that is loaded it is not known whether its day begins with it.
    const beginsDay = previous ? !sameDay(previous.createTime, createTime) : !this.snapshot.hasOlder;
    if (beginsDay) {
      rows.push(rule([{ text: dayName(createTime), dim: true }], columns));
    }
    if (isFirstFresh) rows.push(rule([{ text: 'new', bold: true }], columns));
    const isSelected = selected === idOf(message);
    const name = message.senderDeleted ? '(deleted account)' : printable(message.sender);
    const tone = senderId === accountId ? ('own' as const) : undefined;
    const time = { text: clockTime(createTime), dim: true };
    const text = message.deleted ? '(deleted)' : message.text;
    const body = this.body(message, { text: name, bold: true, tone }, text, message.deleted);
    return [...rows, ...marked(time, body, isSelected)];
  }

  private entry(entry: OutboxEntry): readonly Row[] {
    const { username, selected, columns } = this.options;
    const isRefused = entry.state === 'refused';
    const time: Span = {
      text: states[entry.state],
      ...(isRefused ? { tone: 'bad', bold: true } : { dim: true }),
    };
    const body = this.body(entry, { text: printable(username), bold: true, tone: 'own' }, entry.text, false);
    const rows = marked(time, body, selected === entry.key);
    if (!entry.problem || (entry.state === 'sending' && !isRefused)) return rows;
    const why = isRefused ? `Not sent: ${entry.problem.message}` : `Not sent yet: ${entry.problem.message}`;
    const reasons = wrap(printable(why), columns - indent);
    const look = isRefused ? ({ tone: 'bad' } as const) : { dim: true };
    return [...rows, ...reasons.map((line) => row(' '.repeat(indent) + line, look))];
  }

  /** The rows of a text after its writer's name. */
  private body(owner: object, name: Span, text: string, dim: boolean): readonly Row[] {
    const columns = Math.max(8, this.options.columns - indent);
    const key = `${columns}\0${name.text}\0${text === '(deleted)' ? 'gone' : ''}`;
    const kept = bodies.get(owner);
    if (kept?.key === key) return kept.rows;
    const head = `${name.text}: `;
    const own = columnsOf(head) > columns / 2;
    const lines = wrap(own ? text : head + text, columns);
    const [first = '', ...rest] = lines;
    const begun: Row = own
      ? [{ ...name, text: `${name.text}:` }]
      : [name, { text: first.slice(name.text.length), dim }];
    const others = (own ? lines : rest).map((line) => row(line, { dim }));
    const rows = [begun, ...others];
    bodies.set(owner, { key, rows });
    return rows;
  }
}

/** Messages and entries never change: another one takes their place. */
const bodies = new WeakMap<object, { readonly key: string; readonly rows: readonly Row[] }>();

function idOf({ seq }: Message): string {
  return String(seq);
}

/** The rows of a text with the time before them, and a mark on each when they are selected. */
function marked(time: Span, body: readonly Row[], isSelected: boolean): readonly Row[] {
  const mark: Span = isSelected ? { text: '▌', bold: true } : { text: ' ' };
  return body.map((spans, i) => {
    const before: Span = i === 0 ? time : { text: ' '.repeat(timeColumns) };
    return [mark, isSelected ? { ...before, inverse: i === 0, dim: false } : before, { text: ' ' }, ...spans];
  });
}
