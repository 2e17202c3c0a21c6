import type { ListedConversation } from '../../../src/client/conversation-list.js';

/** Finds what came in between two states of the list: each conversation with its newest message from others. */
export class Notifier {
  private heads: ReadonlyMap<string, number> | undefined;

  constructor(private readonly accountId: string) {}

  /** Nothing the first time: what was there before is no news. */
  news(conversations: readonly ListedConversation[]): readonly ListedConversation[] {
    const { heads } = this;
    this.heads = new Map([
      ...(heads ?? []),
      ...conversations.map(({ id, headSeq }) => [id, headSeq] as const),
    ]);
    if (!heads) return [];
    return conversations.filter(({ id, headSeq, unreadCount, lastMessage }) => {
      if (headSeq <= (heads.get(id) ?? headSeq - 1) || unreadCount === 0 || !lastMessage) return false;
      return lastMessage.senderId !== this.accountId && !lastMessage.deleted;
    });
  }
}
