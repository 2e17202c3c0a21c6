import { sentence } from './form.js';
import type { Key } from './key-parser.js';
import { shortcut } from './panel.js';
import type { Hint, Panel, PanelHost, View } from './panel.js';
import { row } from './row.js';
import type { Row } from './row.js';
import { wrap } from './text.js';

export type Choice = {
  /** A letter. */
  readonly key: string;
  readonly label: string;
  readonly run: () => Promise<void> | void;
};

/** A question with a few answers; each has its key, and Enter takes the one that is marked. Escape takes none. */
export class ChoicePanel implements Panel {
  readonly hints: readonly Hint[];
  private at = 0;
  private busy = false;
  private problem: string | undefined;

  constructor(
    private readonly host: PanelHost,
    readonly title: string,
    private readonly text: string,
    private readonly choices: readonly Choice[],
  ) {
    this.hints = [
      ['↑↓ Enter', 'choose'],
      ['Esc', 'back'],
    ];
  }

  onKey(key: Key): boolean {
    const name = shortcut(key);
    if (name === 'escape') {
      this.host.close();
      return true;
    }
    if (this.busy) return false;
    const count = this.choices.length;
    if (name === 'down' || name === 'tab' || name === 'j') this.at = (this.at + 1) % count;
    else if (name === 'up' || name === 'shift+tab' || name === 'k') this.at = (this.at + count - 1) % count;
    else {
      const chosen = name === 'enter' ? this.choices[this.at] : this.choices.find((one) => one.key === name);
      if (!chosen) return false;
      void this.take(chosen);
    }
    return true;
  }

  view(columns: number): View {
    const rows: Row[] = wrap(this.text, columns - 2).map((line) => row(` ${line}`));
    if (this.text !== '') rows.push(row(''));
    this.choices.forEach(({ key, label }, i) => {
      const isHere = i === this.at;
      rows.push([
        { text: isHere ? '▌' : ' ', bold: true },
        { text: key, bold: true },
        { text: '  ' },
        { text: label, inverse: isHere },
      ]);
    });
    const said = this.busy
      ? ['One moment …']
      : this.problem === undefined
        ? []
        : wrap(this.problem, columns - 2);
    rows.push(row(''), ...said.map((line) => row(` ${line}`, this.busy ? {} : { tone: 'bad' })));
    return { rows };
  }

  private async take(choice: Choice): Promise<void> {
    this.busy = true;
    this.problem = undefined;
    this.host.redraw();
    try {
      await choice.run();
    } catch (error) {
      this.problem = sentence(error);
    }
    this.busy = false;
    this.host.redraw();
  }
}
