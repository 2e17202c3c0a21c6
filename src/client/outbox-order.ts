import type { Target } from './types.js';

/**
 * Says which entries may go out: those that follow no other of the same conversation. It is asked for each
 * entry that waits, in their order. A conversation has two names, so of an entry that has only the one and
 * an entry that has only the other it can't be told that they are not of one conversation: the later one
 * waits.
 */
export class OutboxOrder {
  private readonly ids = new Set<string>();
  private readonly names = new Set<string>();
  private onlyName = false;
  private onlyId = false;

  /** Whether nothing that was admitted before may be of the same conversation. Admits it. */
  admit({ conversationId, username }: Target): boolean {
    // Usernames are ASCII, unique without regard to case.
    const name = username?.toLowerCase();
    const free =
      !(conversationId !== undefined && this.ids.has(conversationId)) &&
      !(name !== undefined && this.names.has(name)) &&
      !(name === undefined && this.onlyName) &&
      !(conversationId === undefined && this.onlyId);
    if (conversationId !== undefined) this.ids.add(conversationId);
    else this.onlyName = true;
    if (name !== undefined) this.names.add(name);
    else this.onlyId = true;
    return free;
  }
}
