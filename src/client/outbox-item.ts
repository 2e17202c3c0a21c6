import type { OutboxRecord } from './outbox-storage.js';
import type { Target, Time } from './types.js';

export type OutboxEntry = {
  /** Names the entry; stays when it is edited. */
  readonly key: string;
  readonly clientMessageId: string;
  readonly target: Target;
  readonly text: string;
  readonly addTime: Time;
  /** refused: it is not sent and holds nothing back; its owner edits or drops it. */
  readonly state: 'waiting' | 'sending' | 'refused';
  /** Why it was refused, or why the last try failed: a reason of docs/errors.md, and a sentence. */
  readonly problem: { readonly reason: string; readonly message: string } | undefined;
  /** Whether it may have been stored already, though the answer has not come: too late to edit. */
  readonly tried: boolean;
};

/** An entry as the outbox handles it. */
export type OutboxItem = {
  record: OutboxRecord;
  /** resting: has failed, and is tried again after a while. held: is being edited. */
  state: 'waiting' | 'resting' | 'sending' | 'held';
  problem: OutboxEntry['problem'];
  /** In a row. */
  failures: number;
  stop: AbortController;
  task: Promise<void>;
};

/** One that waits. */
export function newItem(record: OutboxRecord): OutboxItem {
  return {
    record,
    state: 'waiting',
    problem: undefined,
    failures: 0,
    stop: new AbortController(),
    task: Promise.resolve(),
  };
}

/** What its owner sees of it. */
export function view({ record, state, problem }: OutboxItem): OutboxEntry {
  const { key, clientMessageId, target, text, addTime, tried, refusal } = record;
  const shown = refusal ? 'refused' : state === 'sending' ? 'sending' : 'waiting';
  return { key, clientMessageId, target, text, addTime, state: shown, problem: refusal ?? problem, tried };
}

/** Nothing is being done with it. */
export function isAtRest({ state }: OutboxItem): boolean {
  return state === 'waiting' || state === 'resting';
}

/** The order in which they were added. */
export function compareItems({ record: a }: OutboxItem, { record: b }: OutboxItem): number {
  return a.order - b.order || (a.key < b.key ? -1 : 1);
}
