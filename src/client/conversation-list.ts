import type { ChatEvent, Conversation, Message, Time } from './types.js';

export type ListedConversation = Conversation & {
  /** When something was last said, as far as known: what the list is ordered by, latest first. */
  readonly activity: Time;
};

/**
 * The latest conversations, kept up to date by events. What events alone can't tell (a conversation that is
 * not in the list, how many messages are unread in the middle of one) makes it `stale`: then the list is to
 * be read again from its top, down to the conversations that are missing.
 */
export class ConversationList {
  private readonly all = new Map<string, ListedConversation>();
  private readonly missing = new Set<string>();

  constructor(private readonly accountId: string) {}

  /** Latest activity first, in the servers' order. */
  sorted(): ListedConversation[] {
    return [...this.all.values()].sort((a, b) => b.activity - a.activity || (a.id < b.id ? -1 : 1));
  }

  get(id: string): ListedConversation | undefined {
    return this.all.get(id);
  }

  /** The conversation with that person. */
  with(username: string): ListedConversation | undefined {
    const name = username.toLowerCase();
    return [...this.all.values()].find(({ title }) => title !== '' && title.toLowerCase() === name);
  }

  get stale(): boolean {
    return this.missing.size > 0;
  }

  clear(): void {
    this.all.clear();
    this.missing.clear();
  }

  /** Takes in a page of the servers' list. Events that were handled before it was read, or since, stay. */
  merge(page: readonly Conversation[]): void {
    const times = page.map(({ lastMessage }) => lastMessage?.createTime);
    // One whose last message is hidden tells no time: it stands by the one above it, or else below it.
    let activity = times.find((time) => time !== undefined) ?? 0;
    page.forEach((conversation, i) => {
      activity = times[i] ?? activity;
      this.take(conversation, activity);
    });
  }

  /** Reading the list again is to go down to this conversation. */
  want(id: string): void {
    this.missing.add(id);
  }

  /** What is missing. */
  wanted(): readonly string[] {
    return [...this.missing];
  }

  /** These were not found in the whole list. */
  giveUp(ids: readonly string[]): void {
    for (const id of ids) this.missing.delete(id);
  }

  /** The reader has read up to a number here; the servers do not know yet. */
  readHere(id: string, readSeq: number): void {
    const known = this.all.get(id);
    if (!known || readSeq <= known.readSeq) return;
    const unreadCount = readSeq >= known.headSeq ? 0 : known.unreadCount;
    this.all.set(id, { ...known, readSeq, unreadCount });
  }

  /** A message that has been stored, told by an event or by the answer to the one who sent it. */
  add(message: Message): void {
    const known = this.all.get(message.conversationId);
    if (!known) {
      this.missing.add(message.conversationId);
      return;
    }
    if (message.seq <= known.headSeq) return;
    const unread = message.senderId !== this.accountId && message.seq > known.readSeq ? 1 : 0;
    this.all.set(known.id, {
      ...known,
      headSeq: message.seq,
      lastMessage: message,
      unreadCount: known.unreadCount + unread,
      activity: Math.max(known.activity, message.createTime),
    });
  }

  apply(event: ChatEvent): void {
    switch (event.type) {
      case 'message':
        this.add(event.message);
        break;
      case 'read':
        this.read(event.conversationId, event.readSeq);
        break;
      case 'conversation':
        this.take(event.conversation, event.conversation.lastMessage?.createTime ?? 0);
        break;
      case 'messageDeleted':
        this.delete(event.conversationId, event.seqs, event.forEveryone);
        break;
      case 'accountDeleted':
        this.closeFor(event.conversationId, event.accountId);
        break;
      case 'resync':
        break;
    }
  }

  private take(fetched: Conversation, activity: Time): void {
    const known = this.all.get(fetched.id);
    if (!known) {
      this.missing.delete(fetched.id);
      this.all.set(fetched.id, { ...fetched, activity });
      return;
    }
    // Events can be ahead of what was fetched, and the cursor here ahead of the servers'.
    const ahead = known.headSeq > fetched.headSeq;
    if (!ahead) this.missing.delete(fetched.id);
    const { headSeq, lastMessage } = ahead ? known : fetched;
    this.all.set(fetched.id, {
      ...fetched,
      headSeq,
      lastMessage,
      readSeq: Math.max(known.readSeq, fetched.readSeq),
      unreadCount: ahead ? known.unreadCount : unreadIn(known, fetched),
      activity: Math.max(known.activity, activity),
    });
  }

  /** The servers' cursor has moved; how many messages are left after it is theirs to tell. */
  private read(id: string, readSeq: number): void {
    this.readHere(id, readSeq);
    const known = this.all.get(id);
    if (known && readSeq >= known.readSeq && readSeq < known.headSeq) this.missing.add(id);
  }

  private delete(id: string, seqs: readonly number[], forEveryone: boolean): void {
    const known = this.all.get(id);
    if (!known) return;
    const { lastMessage } = known;
    if (lastMessage && seqs.includes(lastMessage.seq)) {
      const gone = forEveryone ? { ...lastMessage, deleted: true, text: '' } : undefined;
      this.all.set(id, { ...known, lastMessage: gone });
    }
    // One that is deleted for everyone still counts as unread; whose ones were hidden is not told.
    const countable = !forEveryone && seqs.some((seq) => seq > known.readSeq);
    if (countable && known.unreadCount > 0) this.missing.add(id);
  }

  private closeFor(id: string, accountId: string): void {
    const known = this.all.get(id);
    if (!known) return;
    const members = known.members.map((member) =>
      member.accountId === accountId ? { ...member, username: '', deleted: true } : member,
    );
    const { lastMessage } = known;
    const fromGone = lastMessage?.senderId === accountId;
    this.all.set(id, {
      ...known,
      members,
      title: accountId === this.accountId ? known.title : '',
      closed: true,
      lastMessage: fromGone ? { ...lastMessage, sender: '', senderDeleted: true } : lastMessage,
    });
  }
}

/** What is unread by a cursor that the servers may not have yet; then an estimate, until they tell. */
function unreadIn(known: Conversation, fetched: Conversation): number {
  if (known.readSeq <= fetched.readSeq) return fetched.unreadCount;
  if (known.readSeq >= fetched.headSeq) return 0;
  return Math.min(fetched.unreadCount, known.unreadCount + fetched.headSeq - known.headSeq);
}
