import type { Key } from './key-parser.js';
import { shortcut } from './panel.js';
import type { Hint, Panel, PanelHost, View } from './panel.js';
import { row } from './row.js';
import type { Row } from './row.js';
import { wrap } from './text.js';

type Line = readonly [keys: string, does: string] | string;

const lines: readonly Line[] = [
  'Everywhere',
  ['F1, or ? outside of a text', 'these keys'],
  ['Tab, Shift-Tab', 'conversations, messages, the text'],
  ['Esc', 'back: from the text to the messages, from there to the conversations'],
  ['Alt-↑ Alt-↓', 'the conversation above or below'],
  ['Ctrl-N', 'find people, write to somebody'],
  ['Ctrl-O', 'account, sessions, cluster, log out'],
  ['Ctrl-L', 'draw the screen again'],
  ['Ctrl-Z', 'back to the shell for a while; fg returns'],
  ['Ctrl-C', 'leave; what is not sent yet is kept, and so is what is being written'],
  'Conversations',
  ['↑ ↓ PgUp PgDn', 'choose'],
  ['Enter', 'open'],
  ['n  a  s  c  q', 'find people, account, sessions, cluster, leave'],
  'Messages',
  ['↑ ↓', 'choose a message'],
  ['PgUp PgDn Home End', 'page back and on; End: the newest'],
  ['d', 'delete it, for yourself or for everyone'],
  ['e', 'edit one that was not sent'],
  ['x', 'drop one that was not sent'],
  'The text',
  ['Enter', 'send'],
  ['Alt-Enter, Ctrl-J', 'a new line'],
  ['PgUp PgDn', 'page through the messages; End at the end of a line: the newest'],
  ['Ctrl-A Ctrl-E', 'the beginning, the end of the line'],
  ['Ctrl-W Ctrl-U Ctrl-K', 'cut a word, to the beginning, to the end of the line'],
  ['Ctrl-Y', 'put back what was cut'],
];

const keyColumns = 28;

/** Every key. */
export class HelpPanel implements Panel {
  readonly title = 'Keys';
  readonly hints: readonly Hint[] = [
    ['↑↓', 'scroll'],
    ['Esc', 'back'],
  ];
  private top = 0;
  private height = 1;
  private count = 0;

  constructor(private readonly host: PanelHost) {}

  onKey(key: Key): boolean {
    const steps: Readonly<Record<string, number>> = {
      down: 1,
      up: -1,
      pagedown: this.height - 1,
      pageup: 1 - this.height,
      home: -this.count,
      end: this.count,
    };
    const step = steps[shortcut(key)];
    if (step === undefined) this.host.close();
    else this.top = Math.max(0, Math.min(this.count - this.height, this.top + step));
    return true;
  }

  view(columns: number, height: number): View {
    const isWide = columns >= 64;
    const rows: Row[] = [];
    for (const line of lines) {
      if (typeof line === 'string') {
        rows.push(...(rows.length > 0 ? [row('')] : []), row(` ${line}`, { bold: true, underline: true }));
        continue;
      }
      const [keys, does] = line;
      const indent = isWide ? keyColumns : 4;
      const told = wrap(does, columns - indent - 1);
      if (!isWide) rows.push(row(` ${keys}`, { bold: true }));
      told.forEach((part, i) => {
        const before = isWide && i === 0 ? ` ${keys.padEnd(indent - 1)}` : ' '.repeat(indent);
        rows.push([{ text: before, bold: true }, { text: part }]);
      });
    }
    this.height = height;
    this.count = rows.length;
    this.top = Math.max(0, Math.min(this.top, rows.length - height));
    return { rows: rows.slice(this.top, this.top + height) };
  }
}
