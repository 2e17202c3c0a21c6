import { foldUsername } from '../chat/username.js';
import type { ExportLine, LineOf } from './export-line.js';

type OpenAccount = {
  readonly id: string;
  readonly folded: string;
  lastEntry: string;
  /** Conversation and number of the last hidden mark. */
  lastHidden: readonly [string, number];
};

type OpenConversation = {
  readonly id: string;
  readonly memberIds: readonly string[];
  readonly counts: number[];
  seq: number;
  lastTime: string;
  deletion: number;
  /** Of the lines in their order. */
  part: 'message' | 'deleted' | 'deletion' | 'closed';
};

const parts = ['message', 'deleted', 'deletion', 'closed'] as const;

/**
 * Follows the lines of an export and finds what can't follow: a line twice, one left out, one of another
 * account or conversation. Everything is in order, so that this needs no memory of what was before.
 */
export class LineOrder {
  private begun = false;
  private account: OpenAccount | undefined;
  private conversation: OpenConversation | undefined;
  private accountsDone = false;

  /** Undefined when the line may come now; else what is wrong with it, to complete "line 12 …". */
  accept(line: ExportLine): string | undefined {
    if (line.type === 'header') {
      if (this.begun) return 'is a second header';
      this.begun = true;
      return undefined;
    }
    if (!this.begun) return 'is no header';
    if (line.type === 'account') return this.acceptAccount(line);
    if (line.type === 'entry') return this.acceptEntry(line);
    if (line.type === 'hidden') return this.acceptHidden(line);
    if (line.type === 'conversation') return this.acceptConversation(line);
    if (line.type === 'ended' || line.type === 'trailer') return this.endConversations();
    return this.acceptPart(line, this.conversation);
  }

  private acceptAccount(line: LineOf<'account'>): string | undefined {
    if (this.accountsDone) return 'is an account after the conversations';
    const folded = foldUsername(line.username);
    if (this.account && folded <= this.account.folded) return 'is an account out of order';
    this.account = { id: line.id, folded, lastEntry: '', lastHidden: ['', 0] };
    return undefined;
  }

  private acceptEntry(line: LineOf<'entry'>): string | undefined {
    const { account } = this;
    if (this.accountsDone || account?.id !== line.account_id) return 'is an entry of another account';
    if (line.conversation_id <= account.lastEntry) return 'is an entry out of order';
    account.lastEntry = line.conversation_id;
    return undefined;
  }

  private acceptHidden(line: LineOf<'hidden'>): string | undefined {
    const { account } = this;
    if (this.accountsDone || account?.id !== line.account_id) return 'hides messages of another account';
    const { conversation_id: id, seqs, own } = line;
    if (id > account.lastEntry) return 'hides messages of a conversation without an entry';
    const [lastId, lastSeq] = account.lastHidden;
    const from = id === lastId ? lastSeq : 0;
    if (id < lastId || !ascends([from, ...seqs])) return 'hides messages out of order';
    if (!ascends([0, ...own]) || own.some((seq) => !seqs.includes(seq)))
      return 'hides messages it does not list';
    account.lastHidden = [id, seqs.at(-1) ?? 0];
    return undefined;
  }

  /** Accounts are done; a conversation that was begun must be, too. */
  private endConversations(): string | undefined {
    this.accountsDone = true;
    const open = this.conversation;
    return open && open.part !== 'closed' ? 'comes before the end of a conversation' : undefined;
  }

  private acceptConversation(line: LineOf<'conversation'>): string | undefined {
    const early = this.endConversations();
    if (early !== undefined) return early;
    if (this.conversation && line.id <= this.conversation.id) return 'is a conversation out of order';
    this.conversation = {
      id: line.id,
      memberIds: line.member_ids,
      counts: line.member_ids.map(() => 0),
      seq: 0,
      lastTime: new Date(0).toISOString(),
      deletion: 0,
      part: 'message',
    };
    return undefined;
  }

  private acceptPart(
    line: LineOf<'message' | 'deleted' | 'deletion' | 'head'>,
    open: OpenConversation | undefined,
  ): string | undefined {
    if (open?.id !== line.conversation_id) return 'belongs to another conversation';
    const part = line.type === 'head' ? 'closed' : line.type;
    if (open.part === 'closed' || parts.indexOf(part) < parts.indexOf(open.part)) return 'is out of order';
    open.part = part;
    if (line.type === 'message') return acceptMessage(line, open);
    if (line.type === 'head') return acceptHead(line, open);
    if (line.seqs.some((seq) => seq > open.seq)) return 'deletes a message that is not there';
    if (line.type === 'deleted') return undefined;
    if (open.deletion > 0 && line.number !== open.deletion + 1) return 'is a deletion out of order';
    open.deletion = line.number;
    return undefined;
  }
}

function acceptMessage(line: LineOf<'message'>, open: OpenConversation): string | undefined {
  if (line.seq !== open.seq + 1) return 'is a message out of order';
  const sender = open.memberIds.indexOf(line.sender_id);
  if (sender < 0) return 'is a message of someone else';
  open.seq = line.seq;
  open.counts[sender] = (open.counts[sender] ?? 0) + 1;
  open.lastTime = line.create_time;
  return undefined;
}

function acceptHead(line: LineOf<'head'>, open: OpenConversation): string | undefined {
  const same =
    line.head_seq === open.seq &&
    line.deletions === open.deletion &&
    line.last_time === open.lastTime &&
    line.members.length === open.memberIds.length &&
    line.counts.join() === open.counts.join();
  return same ? undefined : 'does not say what is in the conversation';
}

function ascends(numbers: readonly number[]): boolean {
  return numbers.every((number, i) => i === 0 || number > (numbers[i - 1] ?? 0));
}
