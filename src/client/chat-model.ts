import { backOff } from './back-off.js';
import type { ChatSession } from './chat-session.js';
import { ClientError } from './client-error.js';
import { ConversationList } from './conversation-list.js';
import type { ListedConversation } from './conversation-list.js';
import type { StreamState } from './event-stream.js';
import { Observable } from './observable.js';
import type { OutboxEvent } from './outbox.js';
import type { OutboxEntry } from './outbox-item.js';
import { ReadMarks } from './read-marks.js';
import { Timeline } from './timeline.js';
import type { ChatEvent, Message, Target } from './types.js';

export type ConnectionView =
  | { readonly state: 'connecting' }
  | StreamState
  /** The session is over: the person has to log in. */
  | { readonly state: 'ended'; readonly error: ClientError };

/** Somebody whom messages wait for, and with whom there is no conversation yet. */
export type Beginning = { readonly username: string; readonly pending: number };

export type ChatSnapshot = {
  readonly connection: ConnectionView;
  /** Latest activity first; only the latest ones, until `loadMore`. */
  readonly conversations: readonly ListedConversation[];
  readonly beginnings: readonly Beginning[];
  /** The list has been read. */
  readonly loaded: boolean;
  readonly hasMore: boolean;
  /** Entries of the outbox that are not refused. */
  readonly waiting: number;
  readonly refused: number;
};

export type ChatModelOptions = {
  /** Messages of an open conversation that are kept in memory at most. Default: 500. */
  readonly windowSize?: number;
  /** Messages, or conversations, that are read at once; at most 200. Default: 50. */
  readonly pageSize?: number;
};

const pauses = { first: 500, longest: 15_000 };
/** Milliseconds between two readings of the list. */
const pauseBetween = 200;

/**
 * What a person sees of one session, for any user interface: the conversations, the open ones' messages, and
 * whether all this is up to date. It is fed by events; nothing is polled.
 */
export class ChatModel {
  private readonly view = new Observable(() => this.build());
  readonly subscribe = this.view.subscribe;
  readonly getSnapshot = this.view.getSnapshot;
  private readonly list: ConversationList;
  private readonly timelines = new Set<Timeline>();
  private readonly marks: ReadMarks;
  private readonly stop = new AbortController();
  private readonly windowSize: number;
  private readonly pageSize: number;
  private connection: ConnectionView = { state: 'connecting' };
  private running: Promise<void> | undefined;
  private reading: Promise<void> | undefined;
  private loaded = false;
  /** Where the part of the list that has been read ends. */
  private nextPageToken = '';
  private pages = 0;
  /** Another one after everything had to be forgotten. */
  private history = 0;
  private connected: () => void = () => undefined;
  private readonly firstConnected = new Promise<void>((resolve) => {
    this.connected = resolve;
  });
  private unlisten: (() => void)[] = [];
  /** By conversation, the last message that an event has told. */
  private readonly told = new Map<string, number>();
  /** By conversation, the last message that an answer has told, and no event yet. */
  private readonly unconfirmed = new Map<string, number>();

  constructor(
    private readonly session: ChatSession,
    { windowSize = 500, pageSize = 50 }: ChatModelOptions = {},
  ) {
    this.windowSize = windowSize;
    this.pageSize = pageSize;
    this.list = new ConversationList(session.saved.accountId);
    this.marks = new ReadMarks(session.client, this.stop.signal);
  }

  /** Begins to receive, and the session to send. */
  start(): void {
    if (this.running) return;
    this.unlisten = [
      this.session.outbox.on((event) => this.onOutbox(event)),
      this.session.onEnded((error) => this.setConnection({ state: 'ended', error })),
    ];
    this.running = this.follow();
    this.session.start();
  }

  /** Ends all that is under way, and the session's sending. Idempotent. */
  async close(): Promise<void> {
    this.stop.abort();
    for (const end of this.unlisten.splice(0)) end();
    await Promise.all([this.running, this.reading, this.session.close()]);
  }

  /**
   * Opens a conversation, which is loaded and kept up to date until it is closed. It begins with the latest messages,
   * or with `unread` where reading was left off, which is found out first.
   */
  open(target: Target, { begin = 'latest' }: { readonly begin?: 'latest' | 'unread' } = {}): Timeline {
    const { client, outbox } = this.session;
    const timeline = new Timeline(
      {
        client,
        outbox,
        list: this.list,
        connected: this.firstConnected,
        listed: () => this.listed(),
        signal: this.stop.signal,
        windowSize: this.windowSize,
        pageSize: this.pageSize,
        markRead: (conversationId, seq) => this.markRead(conversationId, seq),
        onId: (conversationId) => this.find(conversationId),
        onClose: (closed) => this.timelines.delete(closed),
      },
      target,
    );
    if (target.conversationId !== undefined) this.find(target.conversationId);
    this.timelines.add(timeline);
    void (begin === 'latest' ? timeline.showLatest() : timeline.showUnread());
    return timeline;
  }

  /** Reads more of the list. Throws ClientError. */
  async loadMore(): Promise<void> {
    await this.reading;
    if (this.nextPageToken === '') return;
    const { nextPageToken: pageToken } = this;
    const page = await this.session.client.listConversations({ pageToken, pageSize: this.pageSize });
    if (this.nextPageToken !== pageToken) return;
    this.list.merge(page.items);
    this.nextPageToken = page.nextPageToken;
    this.pages += 1;
    this.changed();
  }

  /** Here at once; on the servers as soon as one can be reached. */
  markRead(conversationId: string, seq: number): void {
    const known = this.list.get(conversationId);
    if (known && seq <= known.readSeq) return;
    this.marks.mark(conversationId, seq);
    // Nothing is shown yet of one that is not in the list.
    if (!known) return;
    this.list.readHere(conversationId, seq);
    this.changed();
  }

  private build(): ChatSnapshot {
    const { entries } = this.session.outbox;
    const beginnings = new Map<string, Beginning>();
    for (const { target } of entries) {
      if (target.conversationId !== undefined || this.list.with(target.username)) continue;
      const name = target.username.toLowerCase();
      const { username, pending } = beginnings.get(name) ?? { username: target.username, pending: 0 };
      beginnings.set(name, { username, pending: pending + 1 });
    }
    const refused = entries.filter(({ state }) => state === 'refused').length;
    return {
      connection: this.connection,
      conversations: this.list.sorted(),
      beginnings: [...beginnings.values()],
      loaded: this.loaded,
      hasMore: this.nextPageToken !== '',
      waiting: entries.length - refused,
      refused,
    };
  }

  private async follow(): Promise<void> {
    const stream = this.session.subscribe({ onState: (state) => this.onState(state) });
    try {
      for await (const event of stream.events(this.stop.signal)) this.apply(event);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.setConnection({ state: 'ended', error });
    }
  }

  private onState(state: StreamState): void {
    if (this.connection.state === 'ended') return;
    this.setConnection(state);
    if (state.state !== 'connected') return;
    this.connected();
    void this.marks.flush();
    for (const timeline of this.timelines) timeline.retry();
    // What was hidden elsewhere while there was no connection is not told of messages that no event has told.
    for (const id of this.unconfirmed.keys()) {
      this.want(id);
      this.reloadTimelines(id);
    }
    this.unconfirmed.clear();
    if (!this.loaded) this.readList();
  }

  private setConnection(connection: ConnectionView): void {
    this.connection = connection;
    this.changed();
  }

  private apply(event: ChatEvent): void {
    if (event.type === 'resync') {
      if (event.conversationId === undefined) {
        this.list.clear();
        this.loaded = false;
        this.nextPageToken = '';
        this.pages = 0;
        this.history += 1;
        this.told.clear();
      } else {
        this.told.delete(event.conversationId);
        this.list.want(event.conversationId);
      }
    }
    if (event.type === 'message') this.tell(event.message);
    this.list.apply(event);
    for (const timeline of this.timelines) timeline.apply(event);
    this.changed();
    if (this.list.stale || !this.loaded) this.readList();
  }

  private onOutbox(event: OutboxEvent): void {
    if (event.type === 'stored') {
      this.stored(event.message, event.entry);
    }
    this.changed();
  }

  /**
   * The answer to a message that was sent. It can come late, when events have told of the message and even
   * of its deletion; only what is new may be taken from it.
   */
  private stored(message: Message, entry: OutboxEntry): void {
    const { conversationId: id, seq } = message;
    for (const timeline of this.timelines) timeline.sent(entry, id);
    if (seq <= (this.told.get(id) ?? 0)) return;
    const known = this.list.get(id);
    if (known && seq <= known.headSeq) {
      this.reloadTimelines(id);
      return;
    }
    this.unconfirmed.set(id, seq);
    this.list.add(message);
    for (const timeline of this.timelines) timeline.stored(message);
    if (this.list.stale) this.readList();
  }

  private tell({ conversationId, seq }: Message): void {
    this.told.set(conversationId, seq);
    const last = this.unconfirmed.get(conversationId);
    if (last !== undefined && seq >= last) this.unconfirmed.delete(conversationId);
  }

  private reloadTimelines(conversationId: string): void {
    for (const timeline of this.timelines) {
      if (timeline.conversationId === conversationId) void timeline.reload();
    }
  }

  private find(conversationId: string): void {
    if (!this.list.get(conversationId)) this.want(conversationId);
  }

  private want(conversationId: string): void {
    this.list.want(conversationId);
    if (this.list.stale && this.loaded) this.readList();
  }

  /** Reads the list from its top, down to what is missing. One reading at a time. */
  private readList(): void {
    this.reading ??= this.readUntilComplete().finally(() => {
      this.reading = undefined;
    });
  }

  private async listed(): Promise<void> {
    while (this.reading) await this.reading;
  }

  private async readUntilComplete(): Promise<void> {
    const { clock, random } = this.session.client;
    const { signal } = this.stop;
    let failures = 0;
    while (!this.loaded || this.list.stale) {
      try {
        await this.readPages();
        // Under a stream of messages the list can be behind again at once.
        if (this.list.stale) await clock.wait(pauseBetween, signal);
      } catch (error) {
        if (signal.aborted) return;
        if (!(error instanceof ClientError)) throw error;
        if (error.final || error.sessionOver) {
          this.setConnection({ state: 'ended', error });
          return;
        }
        await clock.wait(backOff(failures, pauses, random), signal);
        failures += 1;
      }
    }
  }

  private async readPages(): Promise<void> {
    const { pageSize, history } = this;
    const wanted = this.list.wanted();
    let pageToken = '';
    for (let read = 1; ; read += 1) {
      const request = { pageToken, pageSize };
      const page = await this.session.client.listConversations(request, { signal: this.stop.signal });
      if (history !== this.history) return;
      this.list.merge(page.items);
      this.loaded = true;
      if (read > this.pages) {
        this.pages = read;
        this.nextPageToken = page.nextPageToken;
      }
      this.changed();
      pageToken = page.nextPageToken;
      if (!this.list.stale) return;
      if (pageToken === '') {
        this.list.giveUp(wanted);
        return;
      }
    }
  }

  private changed(): void {
    this.view.changed();
    for (const timeline of this.timelines) timeline.changed();
  }
}
