import type { ChatSession } from '../client/chat-session.js';
import type { OutboxEntry } from '../client/outbox-item.js';
import type { Message } from '../client/types.js';
import { printable } from '../client/printable.js';
import { ChoicePanel } from './choice-panel.js';
import { clockTime } from './dates.js';
import type { MessageBlocks } from './message-blocks.js';
import type { OpenConversation } from './open-conversation.js';
import type { Hint, Panel, PanelHost } from './panel.js';
import type { Look } from './row.js';
import { cut } from './text.js';

type Host = PanelHost & { readonly show: (panel: Panel) => void };

/** What can be done with the message that is selected. */
export class MessageActions {
  constructor(
    private readonly host: Host,
    private readonly parts: {
      readonly session: ChatSession;
      readonly say: (text: string, tone?: Look['tone']) => void;
    },
  ) {}

  hintsFor(open: OpenConversation | undefined): readonly Hint[] {
    const waits = open?.timeline.getSnapshot().pending.some(({ key }) => key === open.scroll.selected);
    return waits
      ? [
          ['e', 'edit'],
          ['x', 'drop'],
        ]
      : [];
  }

  /** True: the text is to be edited now. */
  onKey(name: string, open: OpenConversation, blocks: MessageBlocks): boolean {
    const { selected } = open.scroll;
    const message = selected === undefined ? undefined : blocks.messageOf(selected);
    const entry = selected === undefined ? undefined : blocks.entryOf(selected);
    if (!message && !entry) {
      if (name === 'enter') return true;
      this.parts.say('Choose a message first, with ↑ and ↓.');
      return false;
    }
    if (message) {
      if (name === 'd' || name === 'delete') this.askDelete(message);
      else if (name === 'enter') return true;
      else this.parts.say('This one is sent: it can be deleted, with d.');
      return false;
    }
    if (!entry) return false;
    if (name === 'e' || name === 'enter') return this.edit(entry, open);
    this.askDrop(entry);
    return false;
  }

  private askDelete({ conversationId, seq, senderId, sender, text, createTime, deleted }: Message): void {
    const { session, say } = this.parts;
    const remove = async (forEveryone: boolean) => {
      await session.client.deleteMessages({ conversationId, seqs: [seq], forEveryone });
      this.host.close();
      say(forEveryone ? 'It is deleted for everyone.' : 'It is deleted for you.');
    };
    const own = senderId === session.saved.accountId && !deleted;
    const excerpt = deleted ? '(deleted)' : cut(printable(text.replace(/\s+/g, ' ')), 200);
    this.host.show(
      new ChoicePanel(this.host, 'Delete this message?', `${clockTime(createTime)} ${sender}: ${excerpt}`, [
        { key: 'm', label: 'for me: the other person keeps it', run: () => remove(false) },
        ...(own ? [{ key: 'e', label: 'for everyone', run: () => remove(true) }] : []),
        { key: 'n', label: 'no, keep it', run: () => this.host.close() },
      ]),
    );
  }

  private edit(entry: OutboxEntry, open: OpenConversation): boolean {
    if (entry.tried && entry.state !== 'refused') {
      this.parts.say('It is being sent: too late to edit it.', 'bad');
      return false;
    }
    if (open.editor.text !== '' && open.editing === undefined) {
      this.parts.say('Send or clear first what you are writing.', 'bad');
      return false;
    }
    open.editing = entry.key;
    open.editor.set(entry.text);
    open.scroll.toEnd();
    return true;
  }

  private askDrop(entry: OutboxEntry): void {
    const { session, say } = this.parts;
    const text =
      entry.tried && entry.state !== 'refused'
        ? 'It may have been sent already, though no answer has come.'
        : 'It was not sent.';
    this.host.show(
      new ChoicePanel(this.host, 'Drop this message?', text, [
        {
          key: 'x',
          label: 'drop it',
          run: async () => {
            await session.outbox.drop(entry.key);
            this.host.close();
            say('It is dropped.');
          },
        },
        { key: 'n', label: 'no, keep it', run: () => this.host.close() },
      ]),
    );
  }
}
