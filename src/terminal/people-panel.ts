import type { ChatClient } from '../client/chat-client.js';
import { printable } from '../client/printable.js';
import type { Account } from '../client/types.js';
import { Editor } from './editor.js';
import { editWith } from './editor-keys.js';
import { sentence } from './form.js';
import type { Key } from './key-parser.js';
import { around, shortcut } from './panel.js';
import type { Hint, Panel, PanelHost, View } from './panel.js';
import { row } from './row.js';
import type { Row } from './row.js';
import { columnsOf, cut } from './text.js';

const pageSize = 50;
/** Milliseconds after the last key before it is asked. */
const patience = 120;

/** What is asked for: without a wildcard, whose name begins like that. */
export function patternOf(typed: string): string {
  const text = typed.trim();
  return /[*?]/.test(text) ? text : `${text}*`;
}

/** Finds people by a pattern, and begins a conversation with one of them. */
export class PeoplePanel implements Panel {
  readonly title = 'Find people';
  readonly hints: readonly Hint[] = [
    ['↑↓', 'choose'],
    ['Enter', 'write'],
    ['Esc', 'back'],
  ];
  private readonly field = new Editor({ multiline: false });
  private found: readonly Account[] = [];
  private at = 0;
  private nextPageToken = '';
  private loading = false;
  private problem: string | undefined;
  private asked = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  /** Enter was pressed before anybody was found; what is typed after it is for the conversation. */
  private hurried = false;
  private readonly later: Key[] = [];

  constructor(
    private readonly host: PanelHost,
    private readonly parts: {
      readonly client: ChatClient;
      /** With the keys that were pressed for what comes after it. */
      readonly onChosen: (username: string, keys: readonly Key[]) => void;
    },
  ) {
    void this.ask();
  }

  onKey(key: Key): boolean {
    if (this.hurried && shortcut(key) !== 'escape') {
      this.later.push(key);
      return true;
    }
    switch (shortcut(key)) {
      case 'escape':
        this.host.close();
        return true;
      case 'down':
        return this.move(1);
      case 'up':
        return this.move(-1);
      case 'pagedown':
        return this.move(10);
      case 'pageup':
        return this.move(-10);
      case 'enter': {
        const chosen = this.found[this.at];
        if (chosen) this.parts.onChosen(chosen.username, []);
        else this.hurried = this.loading;
        return true;
      }
      default:
        if (!editWith(this.field, key)) return false;
        clearTimeout(this.timer);
        this.asked.abort();
        this.loading = true;
        this.problem = undefined;
        this.found = this.found.filter(({ username }) => matches(username, patternOf(this.field.text)));
        this.at = 0;
        this.timer = setTimeout(() => void this.ask(), patience);
        return true;
    }
  }

  view(columns: number, height: number): View {
    const label = ' Name: ';
    const typed = cut(printable(this.field.text), Math.max(1, columns - label.length - 1));
    const rows: Row[] = [
      [{ text: label, bold: true }, { text: typed }],
      row(cut(' * stands for anything, ? for one character', columns), { dim: true }),
      row(''),
    ];
    const { part, from } = around(this.found, this.at, height - rows.length);
    part.forEach(({ username }, i) => {
      const isHere = from + i === this.at;
      rows.push([
        { text: isHere ? '▌' : ' ', bold: true },
        { text: printable(username), inverse: isHere },
      ]);
    });
    if (this.problem !== undefined) rows.push(row(cut(` ${this.problem}`, columns), { tone: 'bad' }));
    else if (this.loading && this.found.length === 0) rows.push(row(' Looking …', { dim: true }));
    else if (!this.loading && this.found.length === 0) rows.push(row(' Nobody is called like that.'));
    const before = columnsOf(printable(this.field.text.slice(0, this.field.cursor)));
    return { rows, cursor: { row: 0, column: Math.min(label.length + before, columns - 1) } };
  }

  close(): void {
    clearTimeout(this.timer);
    this.asked.abort();
  }

  private move(by: number): boolean {
    this.at = Math.max(0, Math.min(this.found.length - 1, this.at + by));
    if (this.at > this.found.length - 20) void this.more();
    return true;
  }

  private async ask(): Promise<void> {
    this.asked.abort();
    this.asked = new AbortController();
    this.nextPageToken = '';
    this.loading = true;
    await this.read([], this.asked.signal);
    this.at = 0;
  }

  private async more(): Promise<void> {
    if (this.nextPageToken === '' || this.loading) return;
    this.loading = true;
    await this.read(this.found, this.asked.signal);
  }

  private async read(before: readonly Account[], signal: AbortSignal): Promise<void> {
    const request = { pattern: patternOf(this.field.text), pageSize, pageToken: this.nextPageToken };
    try {
      const page = await this.parts.client.listAccounts(request, { signal });
      if (signal.aborted) return;
      this.found = [...before, ...page.items];
      this.nextPageToken = page.nextPageToken;
      this.problem = undefined;
    } catch (error) {
      if (signal.aborted) return;
      this.problem = sentence(error);
    }
    this.loading = false;
    const [first] = this.found;
    const keys = this.later.splice(0);
    if (this.hurried && first) this.parts.onChosen(first.username, keys);
    this.hurried = false;
    this.host.redraw();
  }
}

/** As servers match; shown at once while they are asked. */
export function matches(username: string, pattern: string): boolean {
  const parts = Array.from(pattern, (letter) => {
    if (letter === '*') return '.*';
    return letter === '?' ? '.' : letter.replace(/[^A-Za-z0-9]/, String.raw`\$&`);
  });
  return new RegExp(`^${parts.join('')}$`, 'is').test(username);
}
