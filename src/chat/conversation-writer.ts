import { StoreError } from '../kv/store-error.js';
import type { Check } from '../kv/store.js';
import type { ChatContext } from './chat-context.js';
import { ChatError } from './chat-error.js';
import type { TimeLimit } from './chat.js';
import { toMessage } from './conversation-state.js';
import type { Gate } from './gate.js';
import { keys } from './keys.js';
import { LogDraft } from './log-draft.js';
import type { Appended, LogState, Operation } from './log-draft.js';
import { records } from './records.js';
import type { InfoRecord, MessageRecord } from './records.js';
import type { SendPlace } from './send-order.js';
import { SentIndex } from './sent-index.js';
import type { Message } from './types.js';

const queueLimit = 1_000;
const batchOperations = 480;
const batchBytes = 900_000;
/** How far back a message that is sent again without known_seq is recognised. */
const recognised = 10_000;
const attempts = 50;

export type AppendRequest = {
  readonly senderId: string;
  readonly text: string;
  readonly clientMessageId: string;
  readonly knownSeq: number | undefined;
  readonly opening: InfoRecord | undefined;
  readonly limit?: TimeLimit | undefined;
  readonly place?: SendPlace | undefined;
};

const nobody: InfoRecord = { memberIds: [], memberNames: [], memberDeleted: [] };

/**
 * Writes one conversation's log from this node. Operations that wait go into one commit, which checks the
 * revision of the head: whoever else appends meanwhile, here or on another node, makes it fail, and it is
 * built again on what is there. That same check makes it safe to try again after a commit of unknown
 * outcome: of two commits on one head at most one is applied, and if it was the first, reading finds its
 * messages by their ids.
 */
export class ConversationWriter {
  private loaded: LogState | undefined;
  private index: SentIndex | undefined;
  private readonly queue: Operation[] = [];
  private running = false;
  private users = 0;

  constructor(
    private readonly context: ChatContext,
    readonly conversationId: string,
    /** Shared by all writers of the node: looking far back takes long. */
    private readonly scans: Gate,
    private readonly onIdle: (writer: ConversationWriter) => void,
  ) {}

  /** What the writer holds in memory, in index entries. */
  get size(): number {
    return 1 + (this.index?.size ?? 0);
  }

  get idle(): boolean {
    return this.users === 0;
  }

  /** The conversation as last seen from here; undefined when it does not exist. */
  async info(): Promise<InfoRecord | undefined> {
    return this.using(async () => (await this.load())?.info);
  }

  /** Stores the message, or finds it when it was stored before. */
  async append(request: AppendRequest): Promise<Message> {
    return this.using(async () => {
      for (let i = 0; i < attempts; i += 1) {
        const outcome = await this.tryAppend(request);
        if (outcome === 'again') continue;
        if ('message' in outcome) return outcome.message;
        return this.stored(outcome.sentAs, request.text);
      }
      throw new ChatError('CONTENDED');
    });
  }

  /** Deletes the sender's messages (undefined: whose ever) for everyone; all of them or none. */
  async delete(senderId: string | undefined, seqs: readonly number[]): Promise<void> {
    return this.using(async () => {
      await new Promise<void>((resolve, reject) => {
        this.enqueue({ type: 'delete', senderId, seqs: [...new Set(seqs)], resolve, reject });
      });
    });
  }

  private async using<T>(action: () => Promise<T>): Promise<T> {
    this.users += 1;
    try {
      return await action();
    } finally {
      this.users -= 1;
      if (this.users === 0) this.onIdle(this);
    }
  }

  private async tryAppend({ knownSeq, limit, place, ...request }: AppendRequest): Promise<Appended> {
    if (this.queue.length >= queueLimit) throw new ChatError('SEND_QUEUE_FULL', { retryDelay: 1_000 });
    let head = (await this.load())?.head;
    if (knownSeq !== undefined && knownSeq > (head?.seq ?? 0)) {
      head = (await this.reload())?.head;
      if (knownSeq > (head?.seq ?? 0)) {
        // A reading that began before may have left behind what is older than what the caller knows.
        if (knownSeq > (await this.readHead())) throw new ChatError('KNOWN_SEQ_NOT_FOUND');
        return 'again';
      }
    }
    let unsentBefore = 1;
    if (head && this.index && this.loaded) {
      const sender = this.loaded.info.memberIds.indexOf(request.senderId);
      const from = Math.max(knownSeq ?? head.seq - recognised, 0) + 1;
      const near = Math.max(from, head.seq - recognised + 1);
      // Before the index moves on, so that nothing falls between the two.
      const { index } = this;
      await index.extendTo(near);
      if (from < near) {
        if (this.scans.waiting >= queueLimit) throw new ChatError('SEND_QUEUE_FULL', { retryDelay: 1_000 });
        // It reads as much as there is, in its turn. Who looks so far back sends again, and holds up nobody.
        limit?.pause();
        place?.leave();
        const sentAs = await this.scans.run(async () =>
          index.findStored(from, near, sender, request.clientMessageId),
        );
        limit?.resume();
        if (sentAs !== undefined) return { sentAs };
      }
      unsentBefore = near;
    }
    if (place?.turn) await place.turn;
    return new Promise((resolve, reject) => {
      this.enqueue({ type: 'append', ...request, unsentBefore, resolve, reject });
      place?.leave();
    });
  }

  private async stored(seq: number, text: string): Promise<Message> {
    const { entry, info } = await this.readStored(seq).catch((cause: unknown) => {
      if (!(cause instanceof StoreError) || cause.code === 'CORRUPT') throw cause;
      // It is stored, maybe by this very call: that nothing was done would be a lie.
      throw new ChatError('OUTCOME_UNKNOWN', { cause });
    });
    if (!entry || !info) throw new ChatError('CONVERSATION_NOT_FOUND');
    const record = records.message.decode(entry.value);
    if (record.text !== null && record.text !== text) throw new ChatError('CLIENT_MESSAGE_ID_REUSED');
    return toMessage(this.conversationId, seq, record, info);
  }

  private async readStored(seq: number) {
    const { results } = await this.context.store.read([{ key: keys.message(this.conversationId, seq) }]);
    return { entry: results[0]?.[0], info: (await this.load())?.info };
  }

  private enqueue(operation: Operation): void {
    // Here once more: those that came in one turn have all passed where they began.
    if (this.queue.length >= queueLimit) {
      operation.reject(new ChatError('SEND_QUEUE_FULL', { retryDelay: 1_000 }));
      return;
    }
    this.queue.push(operation);
    if (this.running) return;
    this.running = true;
    void this.run();
  }

  private async run(): Promise<void> {
    // What else arrives in this turn of the event loop goes into the same commit.
    await Promise.resolve();
    while (this.queue.length > 0) {
      await this.writeOrReject(this.takeBatch());
    }
    this.running = false;
  }

  private async writeOrReject(batch: readonly Operation[]): Promise<void> {
    try {
      await this.write(batch);
    } catch (error) {
      this.loaded = undefined;
      this.index = undefined;
      const full = error instanceof StoreError && error.code === 'OUT_OF_SPACE';
      const deletions = full ? batch.filter(({ type }) => type === 'delete') : [];
      // What makes room goes on without what takes it.
      const goesOn = deletions.length > 0 && deletions.length < batch.length;
      for (const operation of batch) {
        if (!goesOn || operation.type !== 'delete') operation.reject(error);
      }
      if (goesOn) await this.writeOrReject(deletions);
    }
  }

  private takeBatch(): Operation[] {
    let operations = 0;
    let bytes = 0;
    let count = 0;
    for (const operation of this.queue) {
      operations += operation.type === 'append' ? 1 : operation.seqs.length + 2;
      bytes += operation.type === 'append' ? operation.text.length * 3 + 300 : operation.seqs.length * 300;
      if (count > 0 && (operations > batchOperations || bytes > batchBytes)) break;
      count += 1;
    }
    return this.queue.splice(0, count);
  }

  /** Whatever ends it after a commit of unknown outcome: the outcome is unknown, since that one may yet be applied. */
  private async write(batch: readonly Operation[]): Promise<void> {
    const unknown: StoreError[] = [];
    try {
      await this.tryToWrite(batch, unknown);
    } catch (error) {
      const [cause] = unknown;
      throw cause ? new ChatError('OUTCOME_UNKNOWN', { cause }) : error;
    }
  }

  /** `unknown` takes what commits of unknown outcome have thrown. */
  private async tryToWrite(batch: readonly Operation[], unknown: StoreError[]): Promise<void> {
    for (let i = 0; i < attempts; i += 1) {
      await this.load();
      await this.reachBack(batch);
      const stored = await this.readDeleted(batch);
      const { conversationId, loaded, index, context } = this;
      const draft = new LogDraft(conversationId, loaded, index, stored, context.now(), unknown.length > 0);
      for (const operation of batch) draft.add(operation);
      if (draft.writes.length === 0) return draft.settle();
      const checks: Check[] = [
        { key: keys.head(this.conversationId), revision: this.loaded?.revision ?? null },
      ];
      try {
        const reserve = batch.every(({ type }) => type === 'delete');
        const result = await this.context.store.commit({ checks, writes: draft.finish(), reserve });
        if (result.ok) {
          this.adopt(draft, result.revision);
          return draft.settle();
        }
      } catch (error) {
        if (!(error instanceof StoreError) || error.code !== 'UNKNOWN_OUTCOME') throw error;
        unknown.push(error);
        if (i >= 3) break;
      }
      await this.reload();
    }
    throw new ChatError('CONTENDED');
  }

  /**
   * An index that was made anew after a failure reaches as far back again as those that wait count on: to go back and look
   * for themselves, they would leave their places, and others of their session would pass them (G4).
   */
  private async reachBack(batch: readonly Operation[]): Promise<void> {
    const { index } = this;
    if (!index) return;
    const wanted = batch
      .flatMap((operation) => (operation.type === 'append' ? [operation.unsentBefore] : []))
      .filter((seq) => index.from - seq <= recognised);
    await index.extendTo(Math.min(...wanted));
  }

  private adopt(draft: LogDraft, revision: number): void {
    if (draft.info && draft.head) this.loaded = { info: draft.info, head: draft.head, revision };
    this.index ??= new SentIndex(this.context.store, this.conversationId, 0);
    for (const { seq, record } of draft.appended) {
      this.index.add(seq, record.sender, record.clientMessageId);
    }
  }

  private async readDeleted(
    batch: readonly Operation[],
  ): Promise<Map<number, { record: MessageRecord; revision: number }>> {
    const seqs = [
      ...new Set(batch.flatMap((operation) => (operation.type === 'delete' ? operation.seqs : []))),
    ];
    const found = new Map<number, { record: MessageRecord; revision: number }>();
    if (seqs.length === 0) return found;
    const requests = seqs.map((seq) => ({ key: keys.message(this.conversationId, seq) }));
    const { results } = await this.context.store.read(requests);
    results.forEach(([entry], i) => {
      const seq = seqs[i];
      if (entry && seq !== undefined) {
        found.set(seq, { record: records.message.decode(entry.value), revision: entry.revision });
      }
    });
    return found;
  }

  /** The last number as it is stored now; 0: there is none. */
  private async readHead(): Promise<number> {
    const { results } = await this.context.store.read([{ key: keys.head(this.conversationId) }]);
    const entry = results[0]?.[0];
    return entry ? records.head.decode(entry.value).seq : 0;
  }

  private async load(): Promise<LogState | undefined> {
    return this.loaded ?? this.reload();
  }

  /** Reads what is there now, and brings the index up to it. */
  private async reload(): Promise<LogState | undefined> {
    const before = this.loaded;
    const [infos, heads] = (
      await this.context.store.read([
        { key: keys.info(this.conversationId) },
        { key: keys.head(this.conversationId) },
      ])
    ).results;
    if (this.loaded !== before) return this.loaded;
    const infoEntry = infos?.[0];
    const headEntry = heads?.[0];
    if (!headEntry) {
      this.loaded = undefined;
      this.index = undefined;
      return undefined;
    }
    // An account that is deleted before anyone has sent to it leaves a closed head alone.
    const info = infoEntry ? records.info.decode(infoEntry.value) : nobody;
    const head = records.head.decode(headEntry.value);
    const index = this.index;
    // What is further back than it looks by itself is read only when a call asks for it.
    const near = before && head.seq - before.head.seq <= recognised;
    if (index && near) await index.addStored(before.head.seq, head.seq);
    if (this.loaded !== before) return this.loaded;
    if (!index || !near) {
      this.index = new SentIndex(this.context.store, this.conversationId, head.seq);
    }
    this.loaded = { info, head, revision: headEntry.revision };
    return this.loaded;
  }
}
