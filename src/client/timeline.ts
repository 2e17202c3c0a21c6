import type { ChatClient } from './chat-client.js';
import { ClientError } from './client-error.js';
import type { ConversationList, ListedConversation } from './conversation-list.js';
import { MessageWindow } from './message-window.js';
import type { WindowState } from './message-window.js';
import { Observable } from './observable.js';
import type { Outbox } from './outbox.js';
import type { OutboxEntry } from './outbox-item.js';
import type { ChatEvent, Message, Page, Target } from './types.js';

/** What a timeline needs of the model that it belongs to. */
export type TimelineParts = {
  readonly client: ChatClient;
  readonly outbox: Outbox;
  readonly list: ConversationList;
  /** Resolves once events arrive: what is read after that misses nothing. */
  readonly connected: Promise<void>;
  /** Resolves once the list has what it was asked for, or it is known that there is no such thing. */
  readonly listed: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly windowSize: number;
  readonly pageSize: number;
  readonly markRead: (conversationId: string, seq: number) => void;
  readonly onId: (conversationId: string) => void;
  readonly onClose: (timeline: Timeline) => void;
};

export type TimelineSnapshot = WindowState & {
  /** Undefined before its first message, and until it is known. */
  readonly conversation: ListedConversation | undefined;
  /** What is on its way or was refused; it comes after the newest message. */
  readonly pending: readonly OutboxEntry[];
  readonly loading: boolean;
  /** Why the last loading failed. */
  readonly problem: ClientError | undefined;
};

/** `place`: where to begin; `again`: what is shown. */
type LoadKind = 'place' | 'older' | 'newer' | 'again';

/** A conversation that is open: a part of its messages, kept up to date, and what is being sent to it. */
export class Timeline {
  private readonly view = new Observable(() => this.build());
  readonly subscribe = this.view.subscribe;
  readonly getSnapshot = this.view.getSnapshot;
  private readonly window: MessageWindow;
  /** Loads that are under way or waiting; one at a time. */
  private loads = 0;
  private queue = Promise.resolve();
  private problem: ClientError | undefined;
  /** What could not be read, the last of each kind. */
  private readonly failed = new Map<LoadKind, () => Promise<void>>();
  /** What has happened while messages are being read: it comes after what is read. */
  private meanwhile: (() => void)[] = [];
  private id: string | undefined;
  private readonly name: string | undefined;

  constructor(
    private readonly parts: TimelineParts,
    target: Target,
  ) {
    this.window = new MessageWindow(parts.windowSize);
    this.name = target.username;
    this.id = target.conversationId;
    if (this.id === undefined && this.name !== undefined) this.learnId(parts.list.with(this.name)?.id);
  }

  get conversationId(): string | undefined {
    return this.id;
  }

  /** The latest messages. These six resolve when it is done; why it failed is in the snapshot. */
  async showLatest(): Promise<void> {
    await this.load('place', () => this.readLatest());
  }

  /** Where reading was left off, when that is too far back to be among the latest messages; else those. */
  async showUnread(): Promise<void> {
    await this.load('place', async () => {
      if (!this.conversation()) {
        const page = await this.read({});
        this.learnId(page.items[0]?.conversationId);
        await this.parts.listed();
        if (this.farBack() === undefined) {
          this.window.showLatest([...page.items].reverse(), page.nextPageToken !== '');
          return;
        }
      }
      const place = this.farBack();
      await (place === undefined ? this.readLatest() : this.readFrom(place));
    });
  }

  /** What follows a number, with a little of what is before it: where reading was left off, or 0 for the beginning. */
  async showFrom(seq: number): Promise<void> {
    await this.load('place', () => this.readFrom(seq));
  }

  async loadOlder(): Promise<void> {
    if (this.loads > 0) return this.queue;
    await this.load('older', async () => {
      const [oldest] = this.window.state.messages;
      if (!oldest || !this.window.state.hasOlder) return;
      const page = await this.read({ beforeSeq: oldest.seq });
      this.window.addOlder([...page.items].reverse(), page.nextPageToken !== '');
    });
  }

  async loadNewer(): Promise<void> {
    if (this.loads > 0) return this.queue;
    await this.load('newer', async () => {
      const newest = this.window.state.messages.at(-1);
      if (!newest || !this.window.state.hasNewer) return;
      const page = await this.read({ afterSeq: newest.seq });
      this.window.addNewer(page.items, page.nextPageToken !== '');
    });
  }

  /** Reads again what is shown. */
  async reload(): Promise<void> {
    await this.load('again', async () => {
      const { messages, hasNewer } = this.window.state;
      const [oldest] = messages;
      if (!hasNewer || !oldest) {
        await this.readLatest();
        return;
      }
      const page = await this.read({ afterSeq: oldest.seq - 1 });
      this.window.show(page.items, page.nextPageToken !== '');
    });
  }

  /** Throws what `Outbox.add` throws. */
  async send(text: string): Promise<OutboxEntry> {
    const { outbox } = this.parts;
    const known = this.conversation();
    const newest = this.window.state.messages.at(-1)?.seq ?? 0;
    const knownSeq = known && Math.max(known.headSeq, newest);
    return outbox.add({ target: this.target(), text, knownSeq });
  }

  /** Everything that is shown, or up to a number. */
  markRead(seq = this.window.state.messages.at(-1)?.seq): void {
    if (this.id !== undefined && seq !== undefined) this.parts.markRead(this.id, seq);
  }

  /** Its messages are no longer kept. */
  close(): void {
    this.parts.onClose(this);
  }

  /** For the model: something has happened, in any conversation. */
  apply(event: ChatEvent): void {
    if (event.type === 'conversation' && this.id === undefined && this.names(event.conversation.title)) {
      this.learnId(event.conversation.id);
    }
    switch (event.type) {
      case 'message':
        this.stored(event.message);
        return;
      case 'messageDeleted':
        if (event.conversationId === this.id) {
          this.soon(() => this.window.delete(event.seqs, event.forEveryone));
        }
        return;
      case 'accountDeleted':
        if (event.conversationId === this.id) this.soon(() => this.window.deleteSender(event.accountId));
        return;
      case 'resync':
        if (event.conversationId === undefined || event.conversationId === this.id) void this.reload();
        return;
      default:
        this.view.changed();
    }
  }

  /** For the model: an entry of the outbox has been stored. */
  sent(entry: OutboxEntry, conversationId: string): void {
    if (this.names(entry.target.username)) this.learnId(conversationId);
  }

  /** For the model: a message that has been stored. */
  stored(message: Message): void {
    if (message.conversationId === this.id) this.soon(() => this.window.add(message));
  }

  /** For the model: what could not be loaded may be now; nothing else is, so that a reader stays at their place. */
  retry(): void {
    const failed = [...this.failed];
    this.failed.clear();
    for (const [kind, read] of failed) void this.load(kind, read);
  }

  /** For the model: what the snapshot is made of has changed. */
  changed(): void {
    this.view.changed();
  }

  private build(): TimelineSnapshot {
    const shown = new Set(this.window.state.messages.map(({ clientMessageId }) => clientMessageId));
    const pending = this.parts.outbox.entries.filter(
      ({ target, clientMessageId }) => this.isFor(target) && !shown.has(clientMessageId),
    );
    const { problem } = this;
    return {
      ...this.window.state,
      conversation: this.conversation(),
      pending,
      loading: this.loads > 0,
      problem,
    };
  }

  private conversation(): ListedConversation | undefined {
    return this.id === undefined ? undefined : this.parts.list.get(this.id);
  }

  /** By both names as far as they are known. */
  private target(): Target {
    const title = this.conversation()?.title;
    const username = title === undefined || title === '' ? this.name : title;
    if (this.id !== undefined) return { conversationId: this.id, username };
    if (username === undefined) throw new Error('a timeline has an id or a name');
    return { username };
  }

  private isFor({ conversationId, username }: Target): boolean {
    if (conversationId !== undefined && this.id !== undefined) return conversationId === this.id;
    const title = this.conversation()?.title;
    return this.names(username) || (title !== undefined && title !== '' && same(title, username));
  }

  private names(username: string | undefined): boolean {
    return same(this.name, username);
  }

  private learnId(id: string | undefined): void {
    if (id === undefined || this.id !== undefined) return;
    this.id = id;
    this.parts.onId(id);
  }

  /** At once, or after what is being read. */
  private soon(change: () => void): void {
    if (this.loads > 0) this.meanwhile.push(change);
    else change();
    this.view.changed();
  }

  private async load(kind: LoadKind, read: () => Promise<void>): Promise<void> {
    const { connected, signal } = this.parts;
    this.loads += 1;
    this.view.changed();
    this.queue = this.queue.then(async () => {
      try {
        await connected;
        await read();
        this.problem = undefined;
        this.failed.delete(kind);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ClientError)) throw error;
        this.problem = error;
        this.failed.set(kind, read);
      } finally {
        this.loads -= 1;
        for (const change of this.meanwhile.splice(0)) change();
        this.view.changed();
      }
    });
    await this.queue;
  }

  private async readLatest(): Promise<void> {
    const page = await this.read({});
    this.window.showLatest([...page.items].reverse(), page.nextPageToken !== '');
    this.learnId(page.items[0]?.conversationId);
  }

  private async readFrom(seq: number): Promise<void> {
    const afterSeq = Math.max(0, seq - this.before);
    const page = await this.read({ afterSeq });
    this.window.show(page.items, page.nextPageToken !== '', afterSeq > 0);
    this.learnId(page.items[0]?.conversationId);
  }

  /** Messages that are read before a place where reading begins. */
  private get before(): number {
    return Math.floor(this.parts.pageSize / 4);
  }

  /** Where reading was left off, when the latest messages would not have it and a little of what is before it. */
  private farBack(): number | undefined {
    const conversation = this.conversation();
    if (!conversation || conversation.unreadCount === 0) return undefined;
    const { headSeq, readSeq } = conversation;
    return headSeq - readSeq > this.parts.pageSize - this.before ? readSeq : undefined;
  }

  private async read(bound: { beforeSeq?: number; afterSeq?: number }): Promise<Page<Message>> {
    const { client, pageSize, signal } = this.parts;
    return client.listMessages({ target: this.target(), pageSize, ...bound }, { signal });
  }
}

function same(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && a.toLowerCase() === b?.toLowerCase();
}
