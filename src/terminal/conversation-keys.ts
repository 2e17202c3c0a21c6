import type { Outbox } from '../client/outbox.js';
import { editWith } from './editor-keys.js';
import type { Focus } from './desk.js';
import { sentence } from './form.js';
import type { Key } from './key-parser.js';
import type { Layout } from './layout.js';
import type { MessageActions } from './message-actions.js';
import type { MessageBlocks } from './message-blocks.js';
import type { OpenConversation } from './open-conversation.js';
import type { Look } from './row.js';

/** What the keys of a conversation need of what it stands on. */
export interface ConversationDesk {
  readonly layout: Layout;
  focus: Focus;
  blocksOf(open: OpenConversation): MessageBlocks;
  say(text: string, tone?: Look['tone']): void;
}

const pagingKeys = new Set(['pageup', 'pagedown', 'end']);

/** What keys mean to the messages that are open, and to the text below them. */
export class ConversationKeys {
  constructor(
    private readonly desk: ConversationDesk,
    private readonly parts: {
      readonly outbox: Outbox;
      readonly actions: MessageActions;
      readonly redraw: () => void;
      readonly showHelp: () => void;
    },
  ) {}

  /** False: it means nothing. */
  onKey(open: OpenConversation, key: Key, name: string): boolean {
    return this.desk.focus === 'messages' ? this.onMessagesKey(open, name) : this.onTextKey(open, key, name);
  }

  private onMessagesKey(open: OpenConversation, name: string): boolean {
    if (this.onPagingKey(open, name)) return true;
    const { messages } = this.desk.layout;
    const blocks = this.desk.blocksOf(open);
    const selectable = (id: string) => blocks.messageOf(id) !== undefined || blocks.entryOf(id) !== undefined;
    switch (name) {
      case 'up':
      case 'k':
        open.scroll.select(-1, blocks, messages?.rows ?? 1, selectable);
        return true;
      case 'down':
      case 'j':
        open.scroll.select(1, blocks, messages?.rows ?? 1, selectable);
        return true;
      case 'home':
        open.scroll.toStart(blocks);
        return true;
      case '?':
        this.parts.showHelp();
        return true;
      case 'escape':
        if (open.scroll.selected !== undefined && !open.scroll.followsEnd) void open.toEnd();
        open.scroll.selected = undefined;
        this.desk.focus = 'list';
        return true;
      case 'i':
        this.desk.focus = 'text';
        return true;
      case 'enter':
      case 'd':
      case 'delete':
      case 'x':
      case 'e':
        if (this.parts.actions.onKey(name, open, blocks)) this.desk.focus = 'text';
        return true;
      default:
        return false;
    }
  }

  private onTextKey(open: OpenConversation, key: Key, name: string): boolean {
    const { editor } = open;
    switch (name) {
      case 'enter':
        void this.send(open);
        return true;
      case 'ctrl+j':
      case 'alt+enter':
      case 'shift+enter':
      case 'ctrl+enter':
        editor.insert('\n');
        open.edited();
        return true;
      case 'up':
        editor.up(this.textColumns);
        return true;
      case 'down':
        editor.down(this.textColumns);
        return true;
      case 'escape':
        if (open.editing !== undefined) {
          open.editing = undefined;
          editor.set('');
          this.desk.say('Left as it was.');
        } else this.desk.focus = 'messages';
        return true;
      case 'end':
        // A second End, so to say.
        if (editor.isAtLineEnd && !open.scroll.followsEnd) void open.toEnd();
        editor.end();
        return true;
      default:
        if (this.onPagingKey(open, name)) return true;
        if (!editWith(editor, key)) return false;
        open.edited();
        return true;
    }
  }

  /** The layout asks for all rows of the text: much for each of many characters that come together. */
  private get textColumns(): number {
    return this.desk.layout.text?.columns ?? 80;
  }

  private onPagingKey(open: OpenConversation, name: string): boolean {
    if (!pagingKeys.has(name)) return false;
    const { messages } = this.desk.layout;
    if (!messages) return false;
    const step = Math.max(1, messages.rows - 2);
    const blocks = this.desk.blocksOf(open);
    if (name === 'pageup') open.scrollBy(-step, blocks, messages.rows);
    else if (name === 'pagedown') open.scrollBy(step, blocks, messages.rows);
    else if (name === 'end' && this.desk.focus === 'messages') void open.toEnd();
    else return false;
    return true;
  }

  private async send(open: OpenConversation): Promise<void> {
    const { editor, editing } = open;
    const { text } = editor;
    if (text.trim() === '') return;
    editor.set('');
    open.editing = undefined;
    try {
      if (editing === undefined) await open.timeline.send(text);
      else if (!(await this.parts.outbox.edit(editing, text))) {
        this.desk.say('It is being sent already, as it was: what you wrote now is here again.', 'bad');
        editor.set(text + editor.text);
        return;
      }
      open.forgetFresh();
      await open.toEnd();
      await open.saveDraft();
    } catch (error) {
      editor.set(text + editor.text);
      open.editing = editing;
      this.desk.say(sentence(error), 'bad');
    }
    this.parts.redraw();
  }
}
