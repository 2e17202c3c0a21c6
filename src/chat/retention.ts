import { decodeKey } from '../kv/key-codec.js';
import { StoreError } from '../kv/store-error.js';
import type { ChatContext } from './chat-context.js';
import { ChatError } from './chat-error.js';
import { decodeState } from './conversation-state.js';
import type { ConversationWriters } from './conversation-writers.js';
import { giveWay } from './give-way.js';
import { saysUnfinished } from './import-state.js';
import { keys, messageRange } from './keys.js';
import { readRecord } from './optimistic.js';
import { records } from './records.js';
import type { HeadRecord } from './records.js';

/** How long messages stay; what is not given does not end. */
export type RetentionLimits = {
  /** Milliseconds since a message was sent. */
  readonly maxAge?: number | undefined;
  /** Of the last messages of a conversation, deleted ones included. */
  readonly maxMessages?: number | undefined;
};

export type RetentionOptions = RetentionLimits & {
  /** Whether it is this node's turn: in a cluster one works, and two do no harm. Default: always. */
  readonly isMyTurn?: () => boolean;
  /** Milliseconds until the first look, and between two looks. Defaults: a minute, an hour. */
  readonly first?: number;
  readonly interval?: number;
};

/** Messages that one commit takes the text of. */
const together = 200;
/** Milliseconds that the clock may run away from what has passed: an hour, for leap seconds and slow corrections. */
const clockSlack = 3_600_000;

/**
 * Takes the texts of messages that are too old or too many, as if their senders had deleted them for everyone; numbers
 * stay as they are (docs/decisions/retention.md). Whoever does it may be cut off anywhere.
 */
export class Retention {
  private timer: NodeJS.Timeout | undefined;
  private working: Promise<void> = Promise.resolve();
  private closed = false;
  /** Of the clock, in this look. */
  private warned = false;
  private readonly started: { readonly clock: number; readonly passed: number };

  constructor(
    private readonly context: ChatContext,
    private readonly writers: ConversationWriters,
    private readonly options: RetentionOptions,
  ) {
    this.started = { clock: context.now(), passed: performance.now() };
  }

  start(): void {
    const { maxAge, maxMessages, first = 60_000 } = this.options;
    if (maxAge !== undefined || maxMessages !== undefined) this.after(first);
  }

  /** Waits for the commit that is under way. Idempotent. */
  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.working;
  }

  private after(milliseconds: number): void {
    const { isMyTurn = () => true, interval = 3_600_000 } = this.options;
    this.timer = setTimeout(() => {
      this.working = (isMyTurn() ? this.sweep() : Promise.resolve())
        .catch((error: unknown) => {
          this.context.logger.warn(
            { err: error },
            'messages whose time is over could not all be deleted yet',
          );
        })
        .finally(() => {
          if (!this.closed) this.after(interval);
        });
    }, milliseconds);
  }

  /** Looks at every conversation once; at none while a restore has brought only a part of them. Throws StoreError. */
  async sweep(): Promise<void> {
    const { store, logger } = this.context;
    const { start: first, end } = keys.conversations();
    this.warned = false;
    for (let start = first; !this.closed;) {
      const { results } = await store.read([{ start, end, limit: 1 }, { key: keys.importMarker() }]);
      const entry = results[0]?.[0];
      if (!entry || saysUnfinished(results[1]?.[0])) return;
      const id = String(decodeKey(entry.key)[1]);
      try {
        await this.trim(id);
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== 'CORRUPT') throw error;
        // The others must not wait for it.
        logger.error(
          { err: error, conversationId: id },
          'a conversation can not be looked through for old messages',
        );
      }
      start = keys.conversation(id).end;
      await giveWay();
    }
  }

  private async trim(id: string): Promise<void> {
    const { store } = this.context;
    const { results } = await store.read([
      { key: keys.info(id) },
      { key: keys.head(id) },
      { key: keys.retained(id) },
    ]);
    const [info, head, cursor] = results.map(([entry]) => entry);
    const state = decodeState(info, head);
    if (!state) return;
    if (state.info.record.memberDeleted.every(Boolean)) {
      // Its messages are gone, or going.
      if (cursor)
        await store.commit({ reserve: true, checks: [], writes: [{ type: 'delete', key: cursor.key }] });
      return;
    }
    const last = await this.lastOver(id, state.head.record);
    let done = cursor ? records.retained.decode(cursor.value).seq : 0;
    while (done < last && !this.closed) {
      const to = Math.min(last, done + together);
      if (!(await this.deleteTexts(id, done + 1, to))) return;
      done = to;
      // Only spares the next look the way through what is deleted.
      await store.commit({
        reserve: true,
        checks: [],
        writes: [{ type: 'put', key: keys.retained(id), value: records.retained.encode({ seq: done }) }],
      });
      await giveWay();
    }
  }

  /** False: it can't be done now. */
  private async deleteTexts(id: string, from: number, to: number): Promise<boolean> {
    const [entries = []] = (await this.context.store.read([messageRange(id, from, to + 1)])).results;
    const seqs = entries
      .filter(({ value }) => records.message.decode(value).text !== null)
      .map(({ key }) => Number(decodeKey(key)[3]));
    if (seqs.length === 0) return true;
    try {
      await this.writers.get(id).delete(undefined, seqs);
      return true;
    } catch (error) {
      // It has ended meanwhile, or others write so much that the next look has to do it.
      if (error instanceof ChatError) return false;
      throw error;
    }
  }

  /** The number of the last message whose time is over; 0: none. */
  private async lastOver(id: string, { seq, lastTime }: HeadRecord): Promise<number> {
    const { maxAge, maxMessages } = this.options;
    const tooMany = maxMessages === undefined ? 0 : seq - maxMessages;
    if (maxAge === undefined || !this.isClockRight()) return tooMany;
    const oldest = this.context.now() - maxAge;
    if (lastTime < oldest) return seq;
    // Times never go back from one message to the next.
    let over = Math.max(tooMany, 0);
    for (let kept = seq; over + 1 < kept;) {
      const middle = Math.floor((over + kept) / 2);
      const message = await readRecord(this.context.store, keys.message(id, middle), records.message);
      // Its last member has been deleted meanwhile.
      if (!message) return 0;
      if (message.record.createTime < oldest) over = middle;
      else kept = middle;
    }
    return over;
  }

  /** A clock that jumps ahead must not end what is young. */
  private isClockRight(): boolean {
    const { clock, passed } = this.started;
    const ahead = this.context.now() - clock - (performance.now() - passed);
    if (Math.abs(ahead) <= clockSlack) return true;
    if (!this.warned) {
      this.warned = true;
      this.context.logger.warn(
        { minutes: Math.round(ahead / 60_000) },
        'the clock has jumped since the start: no message is deleted for its age; set the clock, and restart this node',
      );
    }
    return false;
  }
}
