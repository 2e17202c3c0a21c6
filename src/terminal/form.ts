import { ClientError } from '../client/client-error.js';
import { printable } from '../client/printable.js';
import { Editor } from './editor.js';
import { editWith } from './editor-keys.js';
import type { Key } from './key-parser.js';
import { shortcut } from './panel.js';
import type { View } from './panel.js';
import { row } from './row.js';
import type { Row } from './row.js';
import { cellsOf, clustersOf, columnsOf, wrap } from './text.js';

export type FieldOptions = { readonly label: string; readonly secret?: boolean };

class Field {
  readonly editor = new Editor({ multiline: false });

  constructor(readonly options: FieldOptions) {}

  /** The end of it that has the cursor, in so many columns. */
  view(columns: number): { readonly text: string; readonly column: number } {
    const { text, cursor } = this.editor;
    const isSecret = this.options.secret ?? false;
    const show = (part: string) =>
      isSecret ? clustersOf(part).map(() => '•') : cellsOf(part).map(({ shown }) => shown);
    const before = show(text.slice(0, cursor));
    while (columnsOf(before.join('')) > columns - 1) before.shift();
    const left = before.join('');
    const shown = left + show(text.slice(cursor)).join('');
    let end = '';
    for (const cluster of clustersOf(shown)) {
      if (columnsOf(end + cluster) > columns) break;
      end += cluster;
    }
    return { text: end, column: columnsOf(left) };
  }
}

/** What is wrong with a field, by its number: it is gone to, and whatever can't be seen from there on is to be typed again. */
export class FieldError extends Error {
  override readonly name = 'FieldError';

  constructor(
    readonly field: number,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** Fields to fill in, one below the other; Enter in the last one submits. */
export class Form {
  problem: string | undefined;
  busy = false;
  private readonly fields: readonly Field[];
  private at = 0;

  constructor(
    fields: readonly FieldOptions[],
    private readonly parts: {
      readonly redraw: () => void;
      /** Throws an Error with what to show. */
      readonly submit: (values: readonly string[]) => Promise<void>;
    },
  ) {
    this.fields = fields.map((field) => new Field(field));
  }

  get values(): readonly string[] {
    return this.fields.map(({ editor }) => editor.text);
  }

  fill(index: number, text: string): void {
    this.fields[index]?.editor.set(text);
  }

  /** Goes to the first field that is empty. */
  goToEmpty(): void {
    const empty = this.fields.findIndex(({ editor }) => editor.text === '');
    this.at = empty < 0 ? this.fields.length - 1 : empty;
  }

  onKey(key: Key): boolean {
    if (this.busy) return false;
    const field = this.fields[this.at];
    if (!field) return false;
    switch (shortcut(key)) {
      case 'enter':
        if (this.at < this.fields.length - 1) this.at += 1;
        else void this.submit();
        return true;
      case 'tab':
      case 'down':
        this.at = (this.at + 1) % this.fields.length;
        return true;
      case 'shift+tab':
      case 'up':
        this.at = (this.at + this.fields.length - 1) % this.fields.length;
        return true;
      default:
        return editWith(field.editor, key);
    }
  }

  /** `doing`: what is shown while it is being submitted. */
  view(columns: number, doing: string): View {
    const widest = Math.max(...this.fields.map(({ options }) => columnsOf(options.label)));
    const room = columns - widest - 3;
    const rows: Row[] = [];
    let column = 0;
    this.fields.forEach((field, i) => {
      const isHere = i === this.at;
      const { text, column: inField } = field.view(room);
      if (isHere) column = widest + 3 + inField;
      rows.push([
        { text: isHere ? '▌' : ' ', bold: true },
        { text: `${field.options.label.padEnd(widest)}  `, bold: isHere },
        { text },
      ]);
    });
    const lines = this.busy ? [doing] : this.problem === undefined ? [] : wrap(this.problem, columns - 2);
    const tone = this.busy ? undefined : ('bad' as const);
    const said = lines.map((line) => row(` ${line}`, { tone }));
    const cursor = this.busy ? undefined : { row: this.at, column };
    return { rows: [...rows, row(''), ...said], cursor };
  }

  private goBackTo(index: number): void {
    this.at = index;
    for (const { options, editor } of this.fields.slice(index)) if (options.secret) editor.set('');
  }

  private async submit(): Promise<void> {
    this.busy = true;
    this.problem = undefined;
    this.parts.redraw();
    try {
      await this.parts.submit(this.values);
    } catch (error) {
      this.problem = sentence(error);
      if (error instanceof FieldError) this.goBackTo(error.field);
    }
    this.busy = false;
    this.parts.redraw();
  }
}

/** What to tell a person of a failure. */
export function sentence(error: unknown): string {
  if (error instanceof ClientError) return printable(error.message);
  return printable(error instanceof Error ? error.message : String(error));
}
