import type { ChatSession } from '../client/chat-session.js';
import type { ClientError } from '../client/client-error.js';
import { ChatModel } from '../client/chat-model.js';
import { printable } from '../client/printable.js';
import type { Target } from '../client/types.js';
import { DraftFolder } from '../client-node/draft-folder.js';
import { AccountPanels } from './account-panels.js';
import { entriesOf } from './conversation-entries.js';
import type { ConversationEntry } from './conversation-entries.js';
import { ConversationKeys } from './conversation-keys.js';
import { sentence } from './form.js';
import { HelpPanel } from './help-panel.js';
import type { Key } from './key-parser.js';
import { layoutOf } from './layout.js';
import type { Layout } from './layout.js';
import type { Logins } from './logins.js';
import type { MessageBlocks } from './message-blocks.js';
import { MessageActions } from './message-actions.js';
import { NodeNames } from './node-names.js';
import { OpenConversation } from './open-conversation.js';
import { shortcut } from './panel.js';
import type { Hint, Panel } from './panel.js';
import { PeoplePanel } from './people-panel.js';
import type { Look } from './row.js';

export type Focus = 'list' | 'messages' | 'text';

export type DeskParts = {
  readonly session: ChatSession;
  readonly logins: Logins;
  readonly size: () => { readonly columns: number; readonly rows: number };
  readonly redraw: () => void;
  readonly quit: () => void;
  /** The login is over; undefined: by the person's own wish. */
  readonly onOver: (why: ClientError | undefined) => void;
};

const listHints: readonly Hint[] = [
  ['?', 'keys'],
  ['Enter', 'open'],
  ['n', 'find people'],
  ['a', 'account'],
  ['s', 'sessions'],
  ['c', 'cluster'],
  ['q', 'leave'],
];
const messageHints: readonly Hint[] = [
  ['?', 'keys'],
  ['↑↓', 'choose'],
  ['d', 'delete'],
  ['Esc', 'list'],
  ['Tab', 'text'],
];
const textHints: readonly Hint[] = [
  ['F1', 'keys'],
  ['Enter', 'send'],
  ['Alt-Enter', 'new line'],
  ['Esc', 'messages'],
  ['^N', 'find people'],
  ['^O', 'menu'],
];

/** What a person who is logged in sees and does: the conversations, the open one, panels over them. */
export class Desk {
  readonly model: ChatModel;
  focus: Focus = 'list';
  open: OpenConversation | undefined;
  panel: Panel | undefined;
  /** What has just happened; goes with the next key. */
  notice: { readonly text: string; readonly tone?: Look['tone'] } | undefined;
  private readonly drafts: DraftFolder;
  private readonly nodes: NodeNames;
  private readonly stop = new AbortController();
  private readonly account: AccountPanels;
  private readonly actions: MessageActions;
  private readonly keys: ConversationKeys;
  private cursor: string | undefined;
  private openId: string | undefined;
  private over = false;
  /** Conversations that were open are keeping what was being written. */
  private closing: Promise<unknown> = Promise.resolve();
  private loadingMore = false;
  /** The person is logging out: the end of the session is no news. */
  private leaving = false;

  constructor(private readonly parts: DeskParts) {
    const { session, logins } = parts;
    this.model = new ChatModel(session);
    this.drafts = new DraftFolder(logins.stateFolder, session.saved.accountId);
    this.nodes = new NodeNames(session.client, parts.redraw);
    const host = {
      redraw: parts.redraw,
      close: () => this.closePanel(),
      show: (panel: Panel) => this.show(panel),
    };
    const say = (text: string, tone?: Look['tone']) => this.say(text, tone);
    this.account = new AccountPanels(host, {
      session,
      logins,
      say,
      quit: parts.quit,
      leave: (action) => this.leave(action),
    });
    this.actions = new MessageActions(host, { session, say });
    this.keys = new ConversationKeys(this, {
      outbox: session.outbox,
      actions: this.actions,
      redraw: parts.redraw,
      showHelp: () => this.showHelp(),
    });
  }

  get username(): string {
    return this.parts.session.saved.username;
  }

  /** Those that are known, the one in use first. */
  get servers(): readonly string[] {
    return this.parts.session.client.servers;
  }

  start(): void {
    this.model.subscribe(() => this.changed());
    this.model.start();
  }

  /** Keeps what is being written, and ends all that is under way. */
  async close(): Promise<void> {
    this.stop.abort();
    this.panel?.close?.();
    await Promise.all([this.closing, this.open?.close()]);
    await this.model.close();
  }

  get entries(): readonly ConversationEntry[] {
    const { session } = this.parts;
    return entriesOf(this.model.getSnapshot(), session.outbox.entries, this.username, this.open?.names);
  }

  /** Where the mark of the list is, and which line is open; -1: none. */
  get marks(): { readonly at: number; readonly open: number } {
    const { entries } = this;
    const openAs = this.open?.names;
    const open = entries.findIndex(
      ({ id, target }) =>
        (openAs?.conversationId !== undefined && openAs.conversationId === target.conversationId) ||
        (this.open !== undefined && id === this.openId),
    );
    const at = entries.findIndex(({ id }) => id === this.cursor);
    return { at: at < 0 ? Math.max(0, open) : at, open };
  }

  get layout(): Layout {
    const { columns, rows } = this.parts.size();
    return layoutOf(columns, rows, this.focus, this.open?.editor);
  }

  /** Unread messages of conversations that are not open. */
  get unreadElsewhere(): number {
    const { entries, marks } = this;
    return entries.reduce((sum, { unread }, i) => (i === marks.open ? sum : sum + unread), 0);
  }

  /** The connection, in words. */
  get connection(): { readonly text: string; readonly short: string; readonly isGood: boolean } {
    const { connection } = this.model.getSnapshot();
    if (connection.state !== 'connected') {
      const text = connection.state === 'ended' ? 'ended' : `${connection.state} …`;
      return { text, short: text, isGood: false };
    }
    const server = printable(connection.server);
    const node = printable(this.nodes.of(connection.server) ?? '');
    return { text: `${node} ${server}`.trim(), short: node || server, isGood: true };
  }

  get hints(): readonly Hint[] {
    if (this.panel) return this.panel.hints;
    if (this.focus === 'text') return textHints;
    if (this.focus === 'list') return listHints;
    return [...messageHints, ...this.actions.hintsFor(this.open)];
  }

  /** What is shown of the messages: the selected one is marked while there is something to do with it. */
  blocksOf(open: OpenConversation): MessageBlocks {
    return open.blocks(this.layout.messages?.columns ?? 80, this.focus === 'messages');
  }

  say(text: string, tone?: Look['tone']): void {
    this.notice = { text, tone };
    this.parts.redraw();
  }

  show(panel: Panel): void {
    this.panel?.close?.();
    this.panel = panel;
    this.parts.redraw();
  }

  /** Opens a conversation, also one that nothing has been said in. */
  openTarget(target: Target): void {
    this.closePanel();
    const entry = this.entries.find(
      (one) =>
        (target.conversationId !== undefined && one.target.conversationId === target.conversationId) ||
        one.target.username?.toLowerCase() === target.username?.toLowerCase(),
    );
    const id = entry?.id ?? `with ${target.username?.toLowerCase() ?? ''}`;
    this.cursor = id;
    this.focus = 'text';
    if (this.open && (this.openId === id || (entry && this.entries[this.marks.open]?.id === id))) return;
    this.closing = Promise.all([this.closing, this.open?.close()]);
    this.openId = id;
    this.open = new OpenConversation(entry?.target ?? target, {
      model: this.model,
      drafts: this.drafts,
      account: this.parts.session.saved,
      redraw: this.parts.redraw,
      after: this.closing,
      onProblem: (error) => this.say(sentence(error), 'bad'),
    });
    this.parts.redraw();
  }

  onKey(key: Key): void {
    this.notice = undefined;
    const name = shortcut(key);
    if (name === 'f1' && !(this.panel instanceof HelpPanel)) this.showHelp();
    else if (this.panel) this.panel.onKey(key);
    else if (!this.onGlobalKey(name)) this.onPaneKey(key, name);
    this.parts.redraw();
  }

  /** To be called when something new is shown. */
  settle(): void {
    const { open, layout, panel } = this;
    const isShown = panel === undefined && layout.messages !== undefined;
    if (open && layout.messages) {
      open.settle(this.blocksOf(open), layout.messages.rows, isShown);
    }
    const { hasMore } = this.model.getSnapshot();
    const near = this.marks.at > this.entries.length - 20;
    if (hasMore && near && !this.loadingMore) void this.loadMore();
  }

  private async loadMore(): Promise<void> {
    this.loadingMore = true;
    try {
      await this.model.loadMore();
      this.loadingMore = false;
    } catch (error) {
      // Another connection may do better; until then the list is as it is.
      if (!this.stop.signal.aborted) this.say(sentence(error), 'bad');
    }
  }

  private host() {
    return { redraw: this.parts.redraw, close: () => this.closePanel() };
  }

  private closePanel(): void {
    this.panel?.close?.();
    this.panel = undefined;
    this.parts.redraw();
  }

  private onGlobalKey(name: string): boolean {
    switch (name) {
      case 'ctrl+n':
        this.findPeople();
        return true;
      case 'ctrl+o':
        this.account.showMenu();
        return true;
      case 'alt+up':
        return this.openBeside(-1);
      case 'alt+down':
        return this.openBeside(1);
      case 'tab':
        return this.moveFocus(1);
      case 'shift+tab':
        return this.moveFocus(-1);
      default:
        return false;
    }
  }

  private onPaneKey(key: Key, name: string): boolean {
    if (this.focus === 'list') return this.onListKey(name);
    return this.open !== undefined && this.keys.onKey(this.open, key, name);
  }

  private onListKey(name: string): boolean {
    const { rows } = this.layout;
    const steps: Readonly<Record<string, number>> = {
      ...{ up: -1, k: -1, down: 1, j: 1, pageup: 3 - rows, pagedown: rows - 3, home: -1e6, end: 1e6 },
    };
    const step = steps[name];
    if (step !== undefined) {
      const { entries, marks } = this;
      this.cursor = entries[Math.max(0, Math.min(entries.length - 1, marks.at + step))]?.id;
      return true;
    }
    switch (name) {
      case 'enter':
      case 'right': {
        const entry = this.entries[this.marks.at];
        if (entry) this.openTarget(entry.target);
        return true;
      }
      case 'n':
      case '/':
        this.findPeople();
        return true;
      case 'a':
        this.account.showAccount();
        return true;
      case 's':
        this.account.showSessions();
        return true;
      case 'c':
        this.account.showCluster();
        return true;
      case '?':
        this.showHelp();
        return true;
      case 'q':
        this.parts.quit();
        return true;
      case 'escape':
        if (this.open && this.layout.isWide) this.focus = 'text';
        return true;
      default:
        return false;
    }
  }

  private showHelp(): void {
    this.show(new HelpPanel(this.host()));
  }

  private findPeople(): void {
    const { client } = this.parts.session;
    const onChosen = (username: string, keys: readonly Key[]) => {
      this.openTarget({ username });
      for (const key of keys) this.onKey(key);
    };
    this.show(new PeoplePanel(this.host(), { client, onChosen }));
  }

  private openBeside(by: 1 | -1): boolean {
    const { entries, marks } = this;
    const next = entries[marks.open < 0 ? 0 : marks.open + by];
    if (next) this.openTarget(next.target);
    return true;
  }

  private moveFocus(by: 1 | -1): boolean {
    const order: readonly Focus[] = this.open ? ['list', 'messages', 'text'] : ['list'];
    const at = order.indexOf(this.focus);
    this.focus = order[(at + by + order.length) % order.length] ?? 'list';
    return true;
  }

  private changed(): void {
    const { connection } = this.model.getSnapshot();
    if (connection.state === 'connected') {
      this.loadingMore = false;
      void this.nodes.ask(connection.server, this.stop.signal);
    }
    if (connection.state === 'ended' && !this.leaving) this.end(connection.error);
    this.parts.redraw();
  }

  private async leave(action: () => Promise<void>): Promise<void> {
    this.leaving = true;
    try {
      await action();
      this.end(undefined);
    } finally {
      this.leaving = false;
    }
  }

  private end(error: ClientError | undefined): void {
    if (this.over) return;
    this.over = true;
    this.parts.onOver(error);
  }
}
