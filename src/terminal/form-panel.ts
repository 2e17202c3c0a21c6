import { Form } from './form.js';
import type { FieldOptions } from './form.js';
import type { Key } from './key-parser.js';
import { shortcut } from './panel.js';
import type { Hint, Panel, PanelHost, View } from './panel.js';
import { row } from './row.js';
import { wrap } from './text.js';

export type FormPanelOptions = {
  readonly title: string;
  readonly text: string;
  readonly fields: readonly FieldOptions[];
  /** What is shown while it is under way. */
  readonly doing: string;
  /** Throws an Error with what to show. */
  readonly submit: (values: readonly string[]) => Promise<void>;
};

/** A form with a title and an explanation. */
export class FormPanel implements Panel {
  readonly title: string;
  readonly hints: readonly Hint[] = [
    ['Tab', 'next'],
    ['Enter', 'done'],
    ['Esc', 'back'],
  ];
  private readonly form: Form;

  constructor(
    private readonly host: PanelHost,
    private readonly options: FormPanelOptions,
  ) {
    this.title = options.title;
    this.form = new Form(options.fields, { redraw: host.redraw, submit: options.submit });
  }

  onKey(key: Key): boolean {
    if (shortcut(key) !== 'escape') return this.form.onKey(key);
    if (!this.form.busy) this.host.close();
    return true;
  }

  view(columns: number): View {
    const text = [...wrap(this.options.text, columns - 2).map((line) => row(` ${line}`)), row('')];
    const { rows, cursor } = this.form.view(columns, this.options.doing);
    return {
      rows: [...text, ...rows],
      cursor: cursor && { row: cursor.row + text.length, column: cursor.column },
    };
  }
}
