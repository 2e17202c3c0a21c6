import { ChatSession } from '../client/chat-session.js';
import type { ClientError } from '../client/client-error.js';
import type { SavedSession } from '../client/types.js';
import { OutboxFolder } from '../client-node/outbox-folder.js';
import { Desk } from './desk.js';
import { sentence } from './form.js';
import type { Key } from './key-parser.js';
import type { Logins } from './logins.js';
import { LoginPage } from './login-page.js';
import { clustersOf } from './text.js';

export type AppParts = {
  readonly logins: Logins;
  readonly size: () => { readonly columns: number; readonly rows: number };
  readonly quit: () => void;
};

/** The whole program: logging in, then the desk, then logging in again. Its snapshot is another one after each change. */
export class App {
  desk: Desk | undefined;
  login: LoginPage | undefined;
  private version = 0;
  private readonly listeners = new Set<() => void>();
  private scheduled = false;
  private closed = false;

  constructor(private readonly parts: AppParts) {}

  get size(): { readonly columns: number; readonly rows: number } {
    return this.parts.size();
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };

  readonly getSnapshot = (): number => this.version;

  /** Begins where the person was: logged in, or not. Throws StateError. */
  async start(): Promise<void> {
    const saved = await this.parts.logins.find();
    if (saved) await this.openDesk(saved);
    else this.showLogin(this.parts.logins.wanted ?? '', undefined, undefined);
  }

  onKey(key: Key): void {
    // What was typed fast comes in one piece, and each character may mean something to what the one before has opened.
    const keys =
      key.type === 'text' ? clustersOf(key.text).map((text) => ({ type: 'text' as const, text })) : [key];
    for (const one of keys) {
      if (this.desk) this.desk.onKey(one);
      else this.login?.onKey(one);
    }
  }

  /** Draws again, once for all that changes in one turn. */
  readonly redraw = (): void => {
    if (this.scheduled) return;
    this.scheduled = true;
    // After what was received together, so that a flood of changes is drawn a few times only.
    setImmediate(() => {
      this.scheduled = false;
      this.version += 1;
      for (const listener of [...this.listeners]) listener();
    });
  };

  /** Everything that is being written or sent is kept. Idempotent. */
  async close(): Promise<void> {
    this.closed = true;
    const { desk } = this;
    this.desk = undefined;
    await desk?.close();
  }

  private showLogin(username: string, why: string | undefined, servers: readonly string[] | undefined): void {
    const { logins } = this.parts;
    this.login = new LoginPage(
      {
        client: logins.anonymous(servers),
        deviceName: logins.deviceName,
        redraw: this.redraw,
        onLoggedIn: async (saved) => {
          await logins.remember(saved);
          await this.openDesk(saved);
        },
      },
      username,
      why,
    );
    this.redraw();
  }

  private async openDesk(saved: SavedSession): Promise<void> {
    const { logins, size, quit } = this.parts;
    const storage = new OutboxFolder(logins.stateFolder, saved.accountId);
    const session = await ChatSession.open({ client: await logins.clientOf(saved), saved, storage });
    if (this.closed) return;
    const desk = new Desk({
      session,
      logins,
      size,
      redraw: this.redraw,
      quit,
      onOver: (error) => void this.leaveDesk(desk, saved, error),
    });
    this.login = undefined;
    this.desk = desk;
    desk.start();
    this.redraw();
  }

  private async leaveDesk(desk: Desk, saved: SavedSession, error: ClientError | undefined): Promise<void> {
    if (this.desk !== desk) return;
    this.desk = undefined;
    this.showLogin(error ? saved.username : '', error && sentence(error), desk.servers);
    await desk.close();
  }
}
