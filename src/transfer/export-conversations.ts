import { decodeState } from '../chat/conversation-state.js';
import type { ConversationState } from '../chat/conversation-state.js';
import { keys, messageRange } from '../chat/keys.js';
import { deletionLogLength } from '../chat/log-draft.js';
import { records } from '../chat/records.js';
import type { HeadRecord } from '../chat/records.js';
import { decodeKey } from '../kv/key-codec.js';
import type { Entry, Revision } from '../kv/store.js';
import type { ExportLine, LineOf } from './export-line.js';
import { corrupt, isoTime } from './reader.js';
import type { Reader } from './reader.js';

/** Every conversation that was opened before the export began and has a member left, in the order of ids. */
export async function* exportConversations(reader: Reader, began: Revision): AsyncGenerator<ExportLine> {
  const { end, start: first } = keys.conversations();
  for (let start = first; ;) {
    const { entries, revision } = await reader.page({ start, end });
    const found = byConversation(entries);
    const last = [...found.keys()].at(-1);
    if (last === undefined) return;
    const full = entries.length === reader.pageSize;
    for (const [id, own] of found) {
      // Of the last one, there may be more than the page shows.
      const source = full && id === last ? reader : reader.of({ entries: own, revision });
      yield* new ConversationExport(source, id, began).run();
    }
    start = keys.conversation(last).end;
  }
}

function byConversation(entries: readonly Entry[]): Map<string, Entry[]> {
  const found = new Map<string, Entry[]>();
  for (const entry of entries) {
    const id = decodeKey(entry.key)[1] as string;
    const own = found.get(id);
    if (own) own.push(entry);
    else found.set(id, [entry]);
  }
  return found;
}

/** The revision that a message was sent at. */
export function appendedAt(message: Entry): Revision {
  return records.message.decode(message.value).appended ?? message.revision;
}

/**
 * One conversation as it is when its last page has been read, without the messages sent since the first one. A
 * message deleted between the two may have been read before that: it is named again at the end.
 */
class ConversationExport {
  private memberIds: readonly string[] = [];
  private counts: number[] = [];
  private seq = 0;
  private lastTime = 0;

  constructor(
    private readonly reader: Reader,
    private readonly id: string,
    private readonly began: Revision,
  ) {}

  async *run(): AsyncGenerator<ExportLine> {
    const { id, reader } = this;
    const { revision, results } = await reader.read([
      { key: keys.info(id) },
      { key: keys.head(id) },
      { key: keys.message(id, 1) },
    ]);
    const state = decodeState(results[0]?.[0], results[1]?.[0]);
    if (!state) return;
    const first = results[2]?.[0];
    // Without anyone left, only messages that a deletion still has to clear may be there.
    const gone = everyoneGone(state);
    if (!gone && !first) throw this.missing(1);
    if (gone || (first && appendedAt(first) > this.began)) {
      yield* this.ended(state);
      return;
    }
    const { memberIds } = state.info.record;
    this.memberIds = memberIds;
    this.counts = memberIds.map(() => 0);
    yield { type: 'conversation', id, member_ids: [...memberIds] };
    yield* this.messages(state.head.record.seq);
    yield* this.end(state.head.record, revision);
  }

  private async *messages(last: number): AsyncGenerator<LineOf<'message'>> {
    for await (const { entries } of this.reader.pages(messageRange(this.id, 1, last + 1))) {
      for (const entry of entries) {
        // Gone already: the others are going too.
        if (decodeKey(entry.key)[3] !== this.seq + 1) return;
        yield this.message(entry);
      }
    }
  }

  private message({ value }: Entry): LineOf<'message'> {
    const { sender, ordinal, createTime, clientMessageId, text } = records.message.decode(value);
    const senderId = this.memberIds[sender];
    this.seq += 1;
    this.counts[sender] = (this.counts[sender] ?? 0) + 1;
    this.lastTime = createTime;
    if (senderId === undefined || ordinal !== this.counts[sender]) {
      throw corrupt(`message ${this.seq} of conversation ${this.id} is not numbered as it should be`);
    }
    return {
      type: 'message',
      conversation_id: this.id,
      seq: this.seq,
      sender_id: senderId,
      create_time: isoTime(createTime),
      client_message_id: clientMessageId,
      text,
    };
  }

  private async *end(first: HeadRecord, since: Revision): AsyncGenerator<ExportLine> {
    const { id, reader } = this;
    const { revision, results } = await reader.read([
      { key: keys.info(id) },
      { key: keys.head(id) },
      { ...keys.deletions(id), reverse: true, limit: deletionLogLength },
    ]);
    const state = decodeState(results[0]?.[0], results[1]?.[0]);
    const gone = !state || everyoneGone(state);
    if (!gone && this.seq !== first.seq) throw this.missing(this.seq + 1);
    const deletions = gone ? 0 : state.head.record.deletions;
    if (!gone) {
      if (deletions > first.deletions) yield* this.deletedBetween(since, revision);
      const log = [...(results[2] ?? [])].reverse();
      for (const entry of log) yield this.deletion(entry);
    }
    yield {
      type: 'head',
      conversation_id: id,
      head_seq: this.seq,
      counts: this.counts,
      last_time: isoTime(this.lastTime),
      deletions,
      closed: gone || state.head.record.closed,
      members: this.memberIds.map((_, i) => ({
        username: gone ? '' : (state.info.record.memberNames[i] ?? ''),
        deleted: gone || (state.info.record.memberDeleted[i] ?? false),
      })),
    };
    if (state) yield* this.ended(state);
  }

  /** Members who have gone since the export began: their accounts may be in it. */
  private *ended({ info }: ConversationState): Generator<LineOf<'ended'>> {
    if (info.revision <= this.began) return;
    const { memberIds, memberDeleted } = info.record;
    const gone = memberIds.filter((_, i) => memberDeleted[i]);
    if (gone.length > 0) yield { type: 'ended', account_ids: gone };
  }

  /** Messages that were deleted for everyone after the one revision, and up to the other. */
  private async *deletedBetween(since: Revision, until: Revision): AsyncGenerator<LineOf<'deleted'>> {
    for await (const { entries } of this.reader.pages(messageRange(this.id, 1, this.seq + 1))) {
      const seqs = entries
        .filter(({ revision }) => revision > since && revision <= until)
        .filter(({ value }) => records.message.decode(value).text === null)
        .map(({ key }) => decodeKey(key)[3] as number);
      if (seqs.length > 0) yield { type: 'deleted', conversation_id: this.id, seqs };
    }
  }

  private deletion({ key, value }: Entry): LineOf<'deletion'> {
    const { seqs } = records.deletion.decode(value);
    return {
      type: 'deletion',
      conversation_id: this.id,
      number: decodeKey(key)[3] as number,
      seqs: seqs.filter((seq) => seq <= this.seq),
    };
  }

  private missing(seq: number) {
    return corrupt(`message ${seq} of conversation ${this.id} is missing`);
  }
}

function everyoneGone({ info }: ConversationState): boolean {
  return info.record.memberDeleted.every(Boolean);
}
