import { Code } from '@connectrpc/connect';
import { askedDelay, backOff } from './back-off.js';
import { ClientError } from './client-error.js';
import type { Clock } from './clock.js';
import { prepareFirstTry } from './first-try.js';
import { Listeners } from './listeners.js';
import { checkText } from './message-text.js';
import { OutboxOrder } from './outbox-order.js';
import { compareItems, isAtRest, newItem, view } from './outbox-item.js';
import type { OutboxEntry, OutboxItem } from './outbox-item.js';
import type { OutboxSender } from './outbox-sender.js';
import type { OutboxRecord, OutboxStorage } from './outbox-storage.js';
import type { Random } from './random.js';
import type { Message, Target } from './types.js';

export type OutboxParts = {
  readonly storage: OutboxStorage;
  readonly sender: OutboxSender;
  readonly clock: Clock;
  readonly random: Random;
};

export type OutboxEvent =
  /** `entries` is another one than before. */
  | { readonly type: 'changed' }
  /** The server has it; it has left the outbox. */
  | { readonly type: 'stored'; readonly entry: OutboxEntry; readonly message: Message }
  | { readonly type: 'refused'; readonly entry: OutboxEntry }
  /** The session is over: nothing is sent any more, and everything is kept for the next one. */
  | { readonly type: 'stopped'; readonly error: ClientError };

const pauses = { first: 500, longest: 30_000 };
/** Conversations that are sent to at the same time. */
const maxSending = 8;

/**
 * Messages on their way to the server, kept until it has them. Entries of one conversation go out one after
 * the other in the order in which they were added, those of different conversations side by side. Each is
 * stored exactly once, whatever dies when (`first-try.ts` says why).
 *
 * Several processes may use one storage. What they both send has the same id, so nothing is doubled; and
 * each sends an entry only when the ones before it are stored, so the order holds.
 */
export class Outbox {
  private readonly items = new Map<string, OutboxItem>();
  private readonly listeners = new Listeners<OutboxEvent>();
  private snapshot: readonly OutboxEntry[] | undefined;
  private lastOrder = 0;
  private sending = 0;
  private running = false;
  private nap = new AbortController();
  /** Keys of entries that are being removed. */
  private readonly dropping = new Set<string>();
  /** Additions and edits, one after the other. */
  private turn: Promise<unknown> = Promise.resolve();

  private constructor(private readonly parts: OutboxParts) {}

  /** With what the storage holds; sends nothing before `start`. Throws what the storage throws. */
  static async open(parts: OutboxParts): Promise<Outbox> {
    const outbox = new Outbox(parts);
    await outbox.refresh();
    return outbox;
  }

  /** In the order of adding; the same array until something changes. */
  get entries(): readonly OutboxEntry[] {
    this.snapshot ??= [...this.items.values()].map(view);
    return this.snapshot;
  }

  /** Nothing is being sent: everything is stored or refused, or has failed and waits, or waits behind that. */
  get idle(): boolean {
    return this.sending === 0;
  }

  /** Calls the listener with everything that happens from now on. Returns what ends that. */
  on(listener: (event: OutboxEvent) => void): () => void {
    return this.listeners.add(listener);
  }

  start(): void {
    this.running = true;
    this.pump();
  }

  /** Stops sending and waits for what is under way; what is not stored stays. Idempotent. */
  async close(): Promise<void> {
    this.running = false;
    const items = [...this.items.values()];
    for (const item of items) item.stop.abort();
    this.nap.abort();
    await Promise.all([this.turn, ...items.map(({ task }) => task)]);
  }

  /**
   * Adds a message, after all that were added before, here or by other processes; it is sent by itself.
   * Resolves once it is in the storage.
   *
   * `knownSeq`: the last number of the conversation that the caller knows; without it, one more call finds
   * out. `clientMessageId`: for who may add the same message again, also in another process, and gives the same
   * `knownSeq` then, or an earlier one; by default a new one. Throws ClientError TEXT_MISSING, TEXT_TOO_LONG or TEXT_INVALID, and what the storage throws; then
   * nothing was added.
   */
  async add(message: {
    readonly target: Target;
    readonly text: string;
    readonly knownSeq?: number | undefined;
    readonly clientMessageId?: string | undefined;
  }): Promise<OutboxEntry> {
    checkText(message.text);
    const { target, text, knownSeq, clientMessageId } = message;
    const { clock, random, storage } = this.parts;
    return this.inTurn(async () => {
      // Others may have added to the conversation: those come first.
      await this.refresh();
      const record: OutboxRecord = {
        key: random.id(),
        order: this.nextOrder(),
        clientMessageId: clientMessageId ?? random.id(),
        target,
        text,
        addTime: clock.time(),
        knownSeq,
        tried: false,
      };
      await storage.put(record);
      const item = newItem(record);
      this.items.set(record.key, item);
      this.changed();
      this.pump();
      return view(item);
    });
  }

  /**
   * Gives a refused entry another text, or the same one to try again, as a new message; or one that was never
   * tried. Undefined when it is too late or there is none. Another process that begins to send it in this
   * very moment may still send the old text.
   */
  async edit(key: string, text: string): Promise<OutboxEntry | undefined> {
    checkText(text);
    return this.inTurn(async () => {
      const item = this.items.get(key);
      if (!item || !isAtRest(item)) return undefined;
      item.state = 'held';
      const edited = this.replaceText(item, text);
      item.task = edited.then(ignore, ignore);
      try {
        return (await edited) ? view(item) : undefined;
      } finally {
        item.state = 'waiting';
        this.changed();
        this.pump();
      }
    });
  }

  /** Removes an entry. One with `tried` may have been stored nevertheless. Throws what the storage throws. */
  async drop(key: string): Promise<void> {
    const item = this.items.get(key);
    this.dropping.add(key);
    this.items.delete(key);
    this.changed();
    try {
      item?.stop.abort();
      await item?.task;
      await this.parts.storage.remove(key);
    } finally {
      this.dropping.delete(key);
      this.pump();
    }
  }

  /** Tries at once what has failed before: to be called when there is new hope. */
  wake(): void {
    this.nap.abort();
    this.nap = new AbortController();
  }

  /** Takes over what other processes have added to the storage, changed or removed. Throws what it throws. */
  async refresh(): Promise<void> {
    const settled = [...this.items.values()].filter(isAtRest);
    const records = new Map((await this.parts.storage.load()).map((record) => [record.key, record]));
    for (const item of settled) {
      if (!isAtRest(item)) continue;
      const record = records.get(item.record.key);
      if (record) item.record = record;
      else this.items.delete(item.record.key);
    }
    for (const record of records.values()) {
      this.lastOrder = Math.max(this.lastOrder, record.order);
      if (this.items.has(record.key) || this.dropping.has(record.key)) continue;
      this.items.set(record.key, newItem(record));
    }
    const sorted = [...this.items.values()].sort(compareItems);
    this.items.clear();
    for (const item of sorted) this.items.set(item.record.key, item);
    this.changed();
    this.pump();
  }

  /** False when it is too late. */
  private async replaceText(item: OutboxItem, text: string): Promise<boolean> {
    const { storage, random } = this.parts;
    const kept = await storage.get(item.record.key);
    if (!kept || (kept.tried && !kept.refusal)) return false;
    const record = { ...kept, clientMessageId: random.id(), text, tried: false };
    if (!kept.refusal) {
      await storage.put(record);
      item.record = record;
      return true;
    }
    // What was refused has let others pass: it goes to the end.
    const again = { ...record, order: this.nextOrder(), knownSeq: undefined, refusal: undefined };
    await storage.put(again);
    item.record = again;
    item.problem = undefined;
    this.items.delete(again.key);
    this.items.set(again.key, item);
    return true;
  }

  /** Starts what may go out now. */
  private pump(): void {
    if (!this.running) return;
    const order = new OutboxOrder();
    let started = false;
    for (const item of this.items.values()) {
      if (item.record.refusal) continue;
      const free = order.admit(item.record.target);
      if (!free || item.state !== 'waiting' || this.sending >= maxSending) continue;
      item.state = 'sending';
      item.stop = new AbortController();
      item.task = this.send(item);
      started = true;
    }
    if (started) this.changed();
  }

  private async send(item: OutboxItem): Promise<void> {
    const { key } = item.record;
    this.sending += 1;
    let events: OutboxEvent[] = [];
    try {
      events = await this.deliver(item);
      if (item.record.refusal) item.state = 'waiting';
      else this.items.delete(key);
    } catch (cause) {
      if (item.stop.signal.aborted) item.state = 'waiting';
      else events = await this.fail(item, problemOf(cause));
    }
    this.sending -= 1;
    this.pump();
    this.snapshot = undefined;
    for (const event of events) this.listeners.call(event);
    this.changed();
  }

  private async deliver(item: OutboxItem): Promise<OutboxEvent[]> {
    const { storage, sender } = this.parts;
    const { signal } = item.stop;
    const record = await prepareFirstTry(storage, sender, item.record, signal);
    if (!record) return [];
    item.record = record;
    if (record.refusal) return [];
    // Its conversation may be known by now, so that others need not wait for it.
    this.pump();
    const { key, target, text, clientMessageId, knownSeq = 0 } = record;
    const message = await sender.send({ target, text, clientMessageId, knownSeq }, signal);
    await storage.remove(key);
    return [{ type: 'stored', entry: view(item), message }];
  }

  private async fail(item: OutboxItem, error: ClientError): Promise<OutboxEvent[]> {
    const { reason, message } = error;
    item.problem = { reason, message };
    if (error.sessionOver) {
      item.state = 'waiting';
      const first = this.running;
      this.running = false;
      return first ? [{ type: 'stopped', error }] : [];
    }
    if (error.final) {
      const record = { ...item.record, refusal: { reason, message } };
      try {
        // Others may have stored or dropped it meanwhile, or given it another text.
        const kept = await this.parts.storage.get(record.key);
        if (kept?.clientMessageId !== record.clientMessageId) return this.follow(item, kept);
        await this.parts.storage.put(record);
        item.record = record;
        item.state = 'waiting';
        return [{ type: 'refused', entry: view(item) }];
      } catch (cause) {
        item.problem = problemOf(cause);
      }
    }
    item.state = 'resting';
    void this.rest(item, error);
    return [];
  }

  /** Takes over what another process has made of an entry. */
  private follow(item: OutboxItem, kept: OutboxRecord | undefined): OutboxEvent[] {
    if (kept) item.record = kept;
    else this.items.delete(item.record.key);
    item.problem = undefined;
    item.state = 'waiting';
    return [];
  }

  /** Waits before the next try. Others of the conversation wait with it. */
  private async rest(item: OutboxItem, { retryDelay }: ClientError): Promise<void> {
    const { clock, random } = this.parts;
    const pause =
      retryDelay === undefined ? backOff(item.failures, pauses, random) : askedDelay(retryDelay, random);
    item.failures += 1;
    await clock.wait(pause, this.nap.signal);
    if (item.state !== 'resting') return;
    item.state = 'waiting';
    this.pump();
  }

  private async inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.turn.then(action);
    this.turn = result.catch(ignore);
    return result;
  }

  private nextOrder(): number {
    this.lastOrder = Math.max(this.parts.clock.time(), this.lastOrder + 1);
    return this.lastOrder;
  }

  private changed(): void {
    this.snapshot = undefined;
    this.listeners.call({ type: 'changed' });
  }
}

const ignore = () => undefined;

/** What the sender throws says what to do; anything else is the storage's, and tried again. */
function problemOf(cause: unknown): ClientError {
  if (cause instanceof ClientError) return cause;
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new ClientError(Code.Internal, 'OUTBOX_FAILED', `The outbox can not be written: ${detail}`, {
    cause,
  });
}
