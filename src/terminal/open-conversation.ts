import type { ChatModel } from '../client/chat-model.js';
import type { Timeline } from '../client/timeline.js';
import type { Target } from '../client/types.js';
import type { DraftFolder } from '../client-node/draft-folder.js';
import { Editor } from './editor.js';
import { MessageBlocks } from './message-blocks.js';
import { MessageScroll } from './message-scroll.js';

/** Milliseconds from a change of what is being written to its being kept. */
const draftDelay = 300;
/** Blocks before the first visible one at which older messages are loaded. */
const ahead = 60;

export type OpenConversationParts = {
  readonly model: ChatModel;
  readonly drafts: DraftFolder;
  readonly account: { readonly accountId: string; readonly username: string };
  readonly redraw: () => void;
  /** Those that were open before have kept what was being written, which may be of the same conversation. */
  readonly after: Promise<unknown>;
  /** Tells what went wrong with a draft. */
  readonly onProblem: (error: unknown) => void;
};

/** The conversation that is open: its messages, which part of them is seen, and what is being written. */
export class OpenConversation {
  readonly editor = new Editor();
  readonly scroll = new MessageScroll();
  readonly timeline: Timeline;
  /** The key of an entry of the outbox that is being edited. */
  editing: string | undefined;
  private readonly unsubscribe: () => void;
  private fresh: { readonly from: number; readonly to: number } | undefined;
  private blocksKept:
    { readonly key: string; readonly of: object; readonly blocks: MessageBlocks } | undefined;
  /** Rows that were to be scrolled up past the first message that was there, and its number. */
  private owed: { readonly rows: number; readonly first: number } | undefined;
  private marked = 0;
  private timer: NodeJS.Timeout | undefined;
  private saving: Promise<void> = Promise.resolve();
  private savedText = '';
  private isClosed = false;

  constructor(
    private readonly target: Target,
    private readonly parts: OpenConversationParts,
  ) {
    this.timeline = parts.model.open(target);
    this.unsubscribe = this.timeline.subscribe(parts.redraw);
    const conversation = this.timeline.getSnapshot().conversation;
    if (conversation && conversation.unreadCount > 0) {
      this.fresh = { from: conversation.readSeq + 1, to: conversation.headSeq };
    }
    void this.loadDraft();
  }

  /** By all names that are known by now. */
  get names(): Target {
    const { username } = this.target;
    const { conversationId } = this.timeline;
    if (conversationId === undefined) return this.target;
    const title = this.timeline.getSnapshot().conversation?.title;
    return { conversationId, username: title === undefined || title === '' ? username : title };
  }

  /** `marked`: the selected one is shown as such. */
  blocks(columns: number, marked: boolean): MessageBlocks {
    const snapshot = this.timeline.getSnapshot();
    const selected = marked ? this.scroll.selected : undefined;
    const key = `${columns} ${selected ?? ''} ${this.fresh ? this.fresh.from : ''}`;
    if (this.blocksKept?.key !== key || this.blocksKept.of !== snapshot) {
      const options = { columns, ...this.parts.account, fresh: this.fresh, selected };
      this.blocksKept = { key, of: snapshot, blocks: new MessageBlocks(snapshot, options) };
    }
    return this.blocksKept.blocks;
  }

  /** Pages through what is seen; what has to be loaded for it comes when it is there. */
  scrollBy(rows: number, blocks: MessageBlocks, height: number): void {
    const missing = this.scroll.scroll(rows, blocks, height);
    const { messages, hasOlder } = this.timeline.getSnapshot();
    const [oldest] = messages;
    this.owed = missing > 0 && hasOlder && oldest ? { rows: missing, first: oldest.seq } : undefined;
  }

  /** Loads what will be seen soon, and marks what is seen as read. To be called after what is seen has changed. */
  settle(blocks: MessageBlocks, height: number, isSeen: boolean): void {
    const { messages, hasOlder, hasNewer, loading, problem } = this.timeline.getSnapshot();
    if (this.owed && messages[0] && messages[0].seq < this.owed.first) {
      this.scrollBy(-this.owed.rows, blocks, height);
      this.parts.redraw();
    }
    const part = this.scroll.part(blocks, height);
    const { count } = blocks;
    if (!loading && !problem && messages.length > 0) {
      if (hasOlder && part.first < ahead) void this.timeline.loadOlder();
      else if (hasNewer && part.last > count - ahead) void this.timeline.loadNewer();
    }
    const newest = messages.at(-1)?.seq ?? 0;
    if (!isSeen || !part.atEnd || hasNewer || newest <= this.marked) return;
    this.marked = newest;
    this.timeline.markRead(newest);
  }

  /** Messages that came while something older is looked at, as far as is known. */
  get unseen(): number {
    const { conversation } = this.timeline.getSnapshot();
    return this.scroll.followsEnd ? 0 : (conversation?.unreadCount ?? 0);
  }

  /** Back to the newest messages. */
  async toEnd(): Promise<void> {
    this.scroll.toEnd();
    if (this.timeline.getSnapshot().hasNewer) await this.timeline.showLatest();
  }

  /** What was new is no longer: the person has answered. */
  forgetFresh(): void {
    this.fresh = undefined;
  }

  /** What is being written has changed. */
  edited(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.saveDraft(), draftDelay);
  }

  /** Resolves once what is being written is kept. */
  async saveDraft(): Promise<void> {
    clearTimeout(this.timer);
    const text = this.editing === undefined ? this.editor.text : '';
    const { names } = this;
    this.saving = this.saving.then(async () => {
      if (text === this.savedText) return;
      try {
        await this.parts.drafts.save(names, text);
        // Begun before the conversation was.
        const { conversationId, username } = names;
        if (conversationId !== undefined && username !== undefined)
          await this.parts.drafts.save({ username }, '');
        this.savedText = text;
      } catch (error) {
        this.parts.onProblem(error);
      }
    });
    await this.saving;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.unsubscribe();
    this.timeline.close();
    await this.saveDraft();
  }

  private async loadDraft(): Promise<void> {
    const { drafts, redraw, onProblem, after } = this.parts;
    const { conversationId, username } = this.names;
    try {
      await after;
      let text = await drafts.load(this.names);
      if (text === '' && conversationId !== undefined && username !== undefined)
        text = await drafts.load({ username });
      if (this.isClosed || text === '') return;
      this.savedText = text;
      // Something may have been typed already.
      this.editor.set(text + this.editor.text);
      redraw();
    } catch (error) {
      onProblem(error);
    }
  }
}
