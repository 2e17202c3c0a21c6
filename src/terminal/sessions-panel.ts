import type { ChatClient } from '../client/chat-client.js';
import { printable } from '../client/printable.js';
import type { Session } from '../client/types.js';
import { dateAndTime } from './dates.js';
import { sentence } from './form.js';
import type { Key } from './key-parser.js';
import { around, shortcut } from './panel.js';
import type { Hint, Panel, PanelHost, View } from './panel.js';
import { row } from './row.js';
import type { Row } from './row.js';
import { cut } from './text.js';

/** Where one is logged in; each of these logins can be ended. */
export class SessionsPanel implements Panel {
  readonly title = 'Sessions';
  readonly hints: readonly Hint[] = [
    ['↑↓', 'choose'],
    ['x', 'end it'],
    ['Esc', 'back'],
  ];
  private sessions: readonly Session[] | undefined;
  private at = 0;
  /** The one whose end has to be confirmed. */
  private asking = false;
  private problem: string | undefined;
  private readonly stop = new AbortController();

  constructor(
    private readonly host: PanelHost,
    private readonly parts: { readonly client: ChatClient; readonly logOut: () => Promise<void> },
  ) {
    void this.load();
  }

  onKey(key: Key): boolean {
    const name = shortcut(key);
    const count = this.sessions?.length ?? 0;
    const chosen = this.sessions?.[this.at];
    if (this.asking) {
      this.asking = false;
      if (name === 'x' && chosen) void this.end(chosen);
      return true;
    }
    if (name === 'escape') this.host.close();
    else if ((name === 'down' || name === 'j') && count > 0) this.at = Math.min(count - 1, this.at + 1);
    else if (name === 'up' || name === 'k') this.at = Math.max(0, this.at - 1);
    else if ((name === 'x' || name === 'delete') && chosen) this.asking = true;
    else return false;
    return true;
  }

  view(columns: number, height: number): View {
    const rows: Row[] = [];
    if (this.problem !== undefined) rows.push(row(cut(` ${this.problem}`, columns), { tone: 'bad' }));
    if (!this.sessions && this.problem === undefined) rows.push(row(' Loading …', { dim: true }));
    const { part, from } = around(this.sessions ?? [], this.at, Math.max(1, height - 4));
    part.forEach(({ createTime, deviceName, current }, i) => {
      const isHere = from + i === this.at;
      const text = `${dateAndTime(createTime)}  ${printable(deviceName)}${current ? '  (this one)' : ''}`;
      rows.push([
        { text: isHere ? '▌' : ' ', bold: true },
        { text: cut(text, columns - 1), inverse: isHere },
      ]);
    });
    if (this.asking) {
      const own = this.sessions?.[this.at]?.current ?? false;
      const question = own
        ? ' Log out here? x: yes, any other key: no'
        : ' End it? x: yes, any other key: no';
      rows.push(row(''), row(cut(question, columns), { bold: true }));
    }
    return { rows };
  }

  close(): void {
    this.stop.abort();
  }

  private async load(): Promise<void> {
    await this.attempt(async () => {
      this.sessions = await this.parts.client.listSessions({ signal: this.stop.signal });
      this.at = Math.min(this.at, Math.max(0, this.sessions.length - 1));
    });
  }

  private async end({ id, current }: Session): Promise<void> {
    await this.attempt(async () => {
      if (current) await this.parts.logOut();
      else await this.parts.client.revokeSession(id, { signal: this.stop.signal });
      if (!current) await this.load();
    });
  }

  private async attempt(action: () => Promise<void>): Promise<void> {
    try {
      this.problem = undefined;
      await action();
    } catch (error) {
      if (this.stop.signal.aborted) return;
      this.problem = sentence(error);
    }
    this.host.redraw();
  }
}
