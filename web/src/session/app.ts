import type { ChatClient, Login } from '../../../src/client/chat-client.js';
import { ChatModel } from '../../../src/client/chat-model.js';
import { ChatSession } from '../../../src/client/chat-session.js';
import { ClientError } from '../../../src/client/client-error.js';
import { Observable } from '../../../src/client/observable.js';
import type { SavedSession, SessionIdentity } from '../../../src/client/types.js';
import { Deletions } from './deletions.js';
import { Drafts } from './drafts.js';
import type { PageOutbox } from './page-outbox.js';
import type { PageStorage } from './page-storage.js';
import type { UnnamedNodes } from './unnamed-nodes.js';
import type { SessionStore } from './session-store.js';

/** Somebody who is logged in, and all that the page works with. */
export type OpenSession = {
  /** Another one for each login, and each time that all is built anew. */
  readonly number: number;
  readonly saved: SessionIdentity;
  readonly session: ChatSession;
  readonly model: ChatModel;
  /** Where the outbox is kept. */
  readonly storage: PageOutbox;
  readonly deletions: Deletions;
  readonly drafts: Drafts;
};

export type AppState =
  | { readonly kind: 'starting' }
  | {
      readonly kind: 'welcome';
      /** Why the person sees this page, when it is not the first visit. */
      readonly notice: string;
      /** To begin with. */
      readonly username: string;
    }
  | { readonly kind: 'open'; readonly open: OpenSession }
  /** What is kept can't be read. */
  | { readonly kind: 'broken'; readonly message: string };

export type Credentials = { readonly username: string; readonly password: string };

export type AppParts = {
  /** `onServers` is told the servers that are to be kept. */
  readonly createClient: (
    servers: readonly string[],
    onServers: (servers: readonly string[]) => void,
  ) => ChatClient;
  readonly nodes: UnnamedNodes;
  /** Where the page came from. */
  readonly origin: string;
  readonly store: Promise<SessionStore>;
  readonly outbox: (accountId: string, onChange: () => void) => Promise<PageOutbox>;
  /** Other tabs of this browser. */
  readonly tabs: Pick<BroadcastChannel, 'postMessage' | 'addEventListener'>;
  readonly localStore: PageStorage;
  readonly deviceName: string;
};

/** Messages and conversations that are read at once. */
const pageSize = 100;
const windowSize = 400;

const loggedOutElsewhere = 'You were logged out in another tab.';
const serversKey = 'holdfast/servers';

type TabNote =
  | { readonly type: 'session' }
  /** Somebody is logging out: the session's end is no news. */
  | { readonly type: 'leaving'; readonly accountId: string }
  | { readonly type: 'outbox'; readonly accountId: string };

/** The page from its start: nobody is logged in, or somebody is; in step with the browser's other tabs. */
export class App {
  private readonly view = new Observable(() => this.state);
  readonly subscribe = this.view.subscribe;
  readonly getSnapshot = this.view.getSnapshot;
  private state: AppState = { kind: 'starting' };
  private deleting = false;
  /** What this tab is logging out of; it tells of that itself. */
  private leaving: OpenSession | undefined;
  /** What another tab is logging out of. */
  private leftElsewhere: OpenSession | undefined;
  private opened = 0;
  /**
   * With their tokens, which are out of reach for whoever walks through what the components have: no part of the page needs
   * one.
   */
  readonly #logins = new WeakMap<OpenSession, SavedSession>();
  readonly #parts: AppParts;
  /** Openings and closings, one after the other. */
  private turn: Promise<unknown> = Promise.resolve();

  /** Those that the page may not call yet. */
  readonly nodes: UnnamedNodes;

  constructor(parts: AppParts) {
    this.#parts = parts;
    this.nodes = parts.nodes;
    parts.tabs.addEventListener('message', ({ data }: MessageEvent<TabNote>) => {
      if (data.type === 'session') void this.start();
      else if (data.type === 'leaving') this.expectEnd(data.accountId);
      else void this.takeOver(data.accountId);
    });
  }

  /** Goes on with the login that the browser keeps. */
  async start(): Promise<void> {
    await this.inTurn(async () => {
      const saved = await this.load();
      const { state } = this;
      if (saved === 'unreadable') return;
      if (!saved) {
        const notice = state.kind === 'open' ? loggedOutElsewhere : '';
        const leaving = state.kind === 'open' && state.open === this.leaving;
        if (state.kind !== 'welcome' && !leaving)
          await this.become({ kind: 'welcome', notice, username: '' });
        return;
      }
      const same = state.kind === 'open' && this.tokenOf(state.open) === saved.token;
      if (!same) await this.open(saved);
    });
  }

  private async load(): Promise<SavedSession | undefined | 'unreadable'> {
    try {
      return await (await this.#parts.store).load();
    } catch (error) {
      await this.becomeBroken(error);
      return 'unreadable';
    }
  }

  /** Throws ClientError. */
  async logIn(credentials: Credentials): Promise<void> {
    await this.enter((client, request) => client.logIn(request), credentials);
  }

  /** Throws ClientError. */
  async signUp(credentials: Credentials): Promise<void> {
    await this.enter((client, request) => client.signUp(request), credentials);
  }

  /** Ends the session, here in any case. Drafts are forgotten; what waits to be sent is kept. */
  async logOut(): Promise<void> {
    const { state } = this;
    if (state.kind !== 'open') return;
    const { session, deletions, drafts, saved } = state.open;
    this.leaving = state.open;
    this.#parts.tabs.postMessage({ type: 'leaving', accountId: saved.accountId } satisfies TabNote);
    await deletions.flush();
    let notice = 'You are logged out.';
    try {
      await session.client.logOut({ patience: 3_000 });
    } catch {
      notice = 'You are logged out here. No server could be told: end this session from another device.';
    }
    drafts.clear();
    await this.leave(state.open, notice, saved.username);
  }

  /** For ever; nothing of the account stays in this browser. Throws ClientError. */
  async deleteAccount(password: string): Promise<void> {
    const { state } = this;
    if (state.kind !== 'open') return;
    const { session, drafts, saved } = state.open;
    // The session ends before the answer comes, and that is not to be told as news.
    this.deleting = true;
    try {
      await session.client.deleteAccount(password);
      for (const { key } of session.outbox.entries) await session.outbox.drop(key);
      drafts.clear();
      await this.leave(state.open, `The account ${saved.username} is deleted.`, '');
    } finally {
      this.deleting = false;
      if (session.ended) await this.ended(state.open, session.ended);
    }
  }

  /** Builds everything of the session anew. */
  async reopen(): Promise<void> {
    const { state } = this;
    if (state.kind === 'open') await this.inTurn(() => this.openAgain(state.open));
    else await this.start();
  }

  private async openAgain(before: OpenSession): Promise<void> {
    const saved = this.#logins.get(before);
    if (saved) await this.open(saved);
  }

  private tokenOf(open: OpenSession): string | undefined {
    return this.#logins.get(open)?.token;
  }

  private async enter(
    call: (client: ChatClient, request: Credentials & { deviceName: string }) => Promise<Login>,
    credentials: Credentials,
  ): Promise<void> {
    const { deviceName, createClient, origin, store } = this.#parts;
    // The node that the page came from may be dead by now.
    const client = createClient([origin, ...this.knownServers()], (servers) => this.keepServers(servers));
    const { saved } = await call(client, { ...credentials, deviceName });
    await this.inTurn(async () => {
      await (await store).save(saved);
      this.#parts.tabs.postMessage({ type: 'session' } satisfies TabNote);
      await this.open(saved);
    });
  }

  /** From the last login in this browser. */
  private knownServers(): readonly string[] {
    return JSON.parse(this.#parts.localStore.getItem(serversKey) ?? '[]') as readonly string[];
  }

  private keepServers(servers: readonly string[]): void {
    this.#parts.localStore.setItem(serversKey, JSON.stringify(servers));
  }

  private async open(saved: SavedSession): Promise<void> {
    const { createClient, origin, store, tabs, outbox, localStore } = this.#parts;
    const { accountId } = saved;
    const client = createClient([origin, ...saved.servers], (servers) => {
      this.keepServers(servers);
      void store.then((kept) => kept.keepServers(accountId, servers));
    });
    try {
      const storage = await outbox(accountId, () => {
        tabs.postMessage({ type: 'outbox', accountId } satisfies TabNote);
      });
      const session = await ChatSession.open({ client, saved, storage });
      const model = new ChatModel(session, { pageSize, windowSize });
      const deletions = new Deletions(session.client, localStore, `holdfast/deletions/${accountId}`);
      this.opened += 1;
      const open = {
        number: this.opened,
        saved: session.saved,
        session,
        model,
        storage,
        deletions,
        drafts: new Drafts(accountId, localStore),
      };
      this.#logins.set(open, saved);
      await this.become({ kind: 'open', open });
      session.onEnded((error) => void this.ended(open, error));
      model.start();
      deletions.start();
    } catch (error) {
      await this.becomeBroken(error);
    }
  }

  private async becomeBroken(error: unknown): Promise<void> {
    const detail = error instanceof Error ? error.message : String(error);
    await this.become({ kind: 'broken', message: `What this browser keeps can't be read: ${detail}` });
  }

  private async ended(open: OpenSession, error: ClientError): Promise<void> {
    if (this.deleting || open === this.leaving) return;
    const why = error.reason === 'SESSION_EXPIRED' ? 'has expired' : 'was ended';
    const news = `Your session ${why}. What you had not sent is kept: log in to go on.`;
    const notice = open === this.leftElsewhere ? loggedOutElsewhere : news;
    await this.leave(open, notice, open.saved.username);
  }

  /** `open`: what is over; a later login, of another tab, stays. */
  private async leave(open: OpenSession, notice: string, username: string): Promise<void> {
    await this.inTurn(async () => {
      const { state } = this;
      const token = this.tokenOf(open);
      if (state.kind !== 'open' || this.tokenOf(state.open) !== token) return;
      const store = await this.#parts.store;
      if ((await store.load())?.token === token) await store.clear();
      await this.become({ kind: 'welcome', notice, username });
      this.#parts.tabs.postMessage({ type: 'session' } satisfies TabNote);
    });
  }

  /** The only place where the state changes. */
  private async become(state: AppState): Promise<void> {
    const before = this.state;
    this.state = state;
    this.view.changed();
    if (before.kind !== 'open') return;
    before.open.deletions.close();
    await before.open.model.close();
  }

  private expectEnd(accountId: string): void {
    const { state } = this;
    if (state.kind === 'open' && state.open.saved.accountId === accountId) this.leftElsewhere = state.open;
  }

  private async takeOver(accountId: string): Promise<void> {
    const { state } = this;
    if (state.kind === 'open' && state.open.saved.accountId === accountId) {
      await state.open.session.outbox.refresh();
    }
  }

  /** When a tab comes to the front: what a closed tab has left is sent by this one. */
  async refresh(): Promise<void> {
    const { state } = this;
    if (state.kind === 'open') await state.open.session.outbox.refresh();
  }

  private async inTurn(action: () => Promise<void>): Promise<void> {
    const result = this.turn.then(action);
    this.turn = result.catch(() => undefined);
    await result;
  }
}
