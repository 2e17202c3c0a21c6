import { LRUCache } from 'lru-cache';
import type { ChatContext } from './chat-context.js';
import { ChatError } from './chat-error.js';
import { directConversationId, directMembers, isId } from './ids.js';
import { keys } from './keys.js';
import { applied, optimistically, readRecord } from './optimistic.js';
import { callerProfile, findAccount, findProfile, profileCheck } from './profiles.js';
import { records } from './records.js';
import type { InfoRecord } from './records.js';
import type { Caller, Target } from './types.js';
import { foldUsername, validateUsername } from './username.js';

/** Finds conversations by what callers name, and opens them. */
export class Directory {
  /**
   * Conversations by caller and folded name, for sending: an entry that is out of date does no harm there, as
   * the account it was made for is deleted and its conversation takes no message.
   */
  private readonly known = new LRUCache<string, { conversationId: string; peerId: string }>({ max: 50_000 });

  constructor(private readonly context: ChatContext) {}

  /**
   * The conversation that a target names; it need not exist. Throws when the account doesn't. For a
   * message to be sent; a name may have been another account's.
   */
  async resolveForSending(caller: Caller, target: Target | undefined) {
    if (!target || !('username' in target)) return this.resolve(caller, target);
    // First: what is no username may fold to one that is known.
    validateUsername(target.username);
    return this.known.get(nameOf(caller, target.username)) ?? this.resolve(caller, target);
  }

  /** The conversation that a target names now. */
  async resolve(caller: Caller, target: Target | undefined) {
    if (!target) throw new ChatError('TARGET_MISSING');
    if ('conversationId' in target) {
      checkConversationId(target.conversationId);
      return { conversationId: target.conversationId, peerId: undefined };
    }
    validateUsername(target.username);
    const folded = foldUsername(target.username);
    const account = await findAccount(this.context.store, folded);
    if (!account) throw new ChatError('ACCOUNT_NOT_FOUND');
    const peerId = account.record.id;
    const found = { conversationId: directConversationId(caller.accountId, peerId), peerId };
    this.known.set(nameOf(caller, folded), found);
    return found;
  }

  /** Looks the name up again the next time. */
  forget(caller: Caller, username: string): void {
    this.known.delete(nameOf(caller, username));
  }

  /**
   * Puts the conversation into both users' partitions, so that whoever deletes an account finds it, and
   * returns what its first message has to create. Nobody sees it before that.
   */
  async open(caller: Caller, peerId: string): Promise<InfoRecord> {
    const { accountId } = caller;
    const conversationId = directConversationId(accountId, peerId);
    const peerName = await this.enter(peerId, conversationId);
    if (peerName === undefined) throw new ChatError('ACCOUNT_NOT_FOUND');
    const ownName = await this.enter(accountId, conversationId);
    if (ownName === undefined) throw new ChatError('SESSION_ENDED');
    const memberIds = directMembers(accountId, peerId);
    return {
      memberIds,
      memberNames: memberIds.map((id) => (id === accountId ? ownName : peerName)),
      memberDeleted: memberIds.map(() => false),
    };
  }

  /** The member's username; undefined when the account is gone. */
  private async enter(accountId: string, conversationId: string): Promise<string | undefined> {
    const { store } = this.context;
    const key = keys.entry(accountId, conversationId);
    const outcome = await optimistically(async () => {
      const profile = await findProfile(store, accountId);
      if (!profile) return { username: undefined };
      const { username } = profile.record;
      if (await readRecord(store, key, records.entry)) return { username };
      const value = records.entry.encode({ readSeq: 0, readOthers: 0, hiddenUnread: 0 });
      const result = await store.commit({
        checks: [profileCheck(accountId, profile), { key, revision: null }],
        writes: [{ type: 'put', key, value }],
      });
      return applied(result) && { username };
    });
    return outcome.username;
  }

  /** Throws SESSION_ENDED when the caller's account is gone. */
  async requireCaller(caller: Caller): Promise<void> {
    await callerProfile(this.context.store, caller.accountId);
  }
}

function nameOf(caller: Caller, username: string): string {
  return `${caller.accountId} ${foldUsername(username)}`;
}

/** Throws CONVERSATION_ID_MISSING, or CONVERSATION_NOT_FOUND for what can't be the id of any. */
export function checkConversationId(conversationId: string): void {
  if (conversationId === '') throw new ChatError('CONVERSATION_ID_MISSING');
  if (!isId(conversationId)) throw new ChatError('CONVERSATION_NOT_FOUND');
}
