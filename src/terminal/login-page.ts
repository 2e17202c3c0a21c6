import type { ChatClient } from '../client/chat-client.js';
import { ClientError } from '../client/client-error.js';
import { printable } from '../client/printable.js';
import type { SavedSession } from '../client/types.js';
import { FieldError, Form, sentence } from './form.js';
import type { Key } from './key-parser.js';
import { shortcut } from './panel.js';
import type { Hint, View } from './panel.js';
import { row } from './row.js';
import type { Row } from './row.js';
import { cut, wrap } from './text.js';

/** For whoever is not logged in: a name and a password, of an account or for a new one. */
export class LoginPage {
  private isNew = false;
  private readonly forms: { readonly known: Form; readonly fresh: Form };

  constructor(
    private readonly parts: {
      readonly client: ChatClient;
      readonly deviceName: string;
      readonly redraw: () => void;
      readonly onLoggedIn: (saved: SavedSession) => Promise<void>;
    },
    username: string,
    /** Why one has to log in. */
    private readonly why: string | undefined,
  ) {
    const { redraw } = parts;
    const name = { label: 'Username' };
    const known = [name, { label: 'Password', secret: true }];
    const fresh = [...known, { label: 'Once more', secret: true }];
    this.forms = {
      known: new Form(known, {
        redraw,
        submit: ([user, password]) => this.logIn(user ?? '', password ?? ''),
      }),
      fresh: new Form(fresh, {
        redraw,
        submit: ([user, password, again]) => this.signUp(user ?? '', password ?? '', again ?? ''),
      }),
    };
    this.forms.known.fill(0, username);
    this.forms.known.goToEmpty();
  }

  get hints(): readonly Hint[] {
    const other = this.isNew ? 'log in instead' : 'create an account';
    return [
      ['Enter', 'go on'],
      ['Tab', 'next'],
      ['^T', other],
      ['^C', 'leave'],
    ];
  }

  onKey(key: Key): void {
    const form = this.form();
    if (shortcut(key) !== 'ctrl+t') form.onKey(key);
    else if (!form.busy) {
      this.isNew = !this.isNew;
      const [username = ''] = form.values;
      this.form().fill(0, username);
      this.form().goToEmpty();
    }
    this.parts.redraw();
  }

  view(columns: number): View {
    const rows: Row[] = [];
    const title = (text: string, isHere: boolean) => ({ text: ` ${text} `, bold: isHere, inverse: isHere });
    rows.push([
      { text: ' ' },
      title('Log in', !this.isNew),
      { text: '  ' },
      title('Create an account', this.isNew),
      { text: '  ^T', dim: true },
    ]);
    rows.push(row(''));
    if (this.why !== undefined) {
      rows.push(...wrap(this.why, columns - 2).map((line) => row(` ${line}`, { tone: 'bad' })), row(''));
    }
    const doing = this.isNew ? 'Creating the account …' : 'Logging in …';
    const { rows: fields, cursor } = this.form().view(columns, doing);
    const before = rows.length;
    const rules = 'A username has 1 to 32 of letters, digits, . _ -; a password at least 8 characters.';
    const help = this.isNew ? wrap(rules, columns - 2).map((line) => row(` ${line}`, { dim: true })) : [];
    const servers = wrap(`Server: ${printable(this.parts.client.servers.join(', '))}`, columns - 2);
    const way = this.isNew ? [] : [row(cut(' No account yet? Ctrl-T makes one.', columns)), row('')];
    rows.push(...fields, row(''), ...way, ...help, ...servers.map((line) => row(` ${line}`, { dim: true })));
    return { rows, cursor: cursor && { row: cursor.row + before, column: cursor.column } };
  }

  private form(): Form {
    return this.isNew ? this.forms.fresh : this.forms.known;
  }

  private async logIn(username: string, password: string): Promise<void> {
    const { client, deviceName, onLoggedIn } = this.parts;
    await explained(async () => {
      const { saved } = await client.logIn({ username: username.trim(), password, deviceName });
      await onLoggedIn(saved);
    });
  }

  private async signUp(username: string, password: string, again: string): Promise<void> {
    const { client, deviceName, onLoggedIn } = this.parts;
    if (password !== again) throw new FieldError(1, 'The two passwords differ.');
    await explained(async () => {
      const { saved } = await client.signUp({ username: username.trim(), password, deviceName });
      await onLoggedIn(saved);
    });
  }
}

/** Says also which field is wrong, and what to do when nothing answers. */
async function explained(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    if (error.reason.startsWith('USERNAME_')) throw new FieldError(0, sentence(error), { cause: error });
    const isPassword = /^PASSWORD_(MISSING|TOO_SHORT|TOO_LONG)$|^CREDENTIALS_WRONG$/.test(error.reason);
    if (isPassword) throw new FieldError(1, sentence(error), { cause: error });
    if (error.reason !== 'UNREACHABLE') throw error;
    const how = 'Start one with npm start, or name one: npx holdfast chat --server HOST:PORT';
    throw new Error(`${sentence(error)} ${how}`, { cause: error });
  }
}
