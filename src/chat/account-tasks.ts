import { decodeKey } from '../kv/key-codec.js';
import { StoreError } from '../kv/store-error.js';
import type { CommitResult } from '../kv/store.js';
import type { AccountDeletion } from './account-deletion.js';
import type { ChatContext } from './chat-context.js';
import { ChatError } from './chat-error.js';
import { importUnfinished } from './import-state.js';
import { keys } from './keys.js';
import { readRecord } from './optimistic.js';
import type { Stored } from './optimistic.js';
import { records } from './records.js';
import type { TaskRecord } from './records.js';

const pageSize = 200;
/** Of the whole store, so that nothing else would go better. */
const passingCodes: ReadonlySet<string> = new Set(['UNAVAILABLE', 'UNKNOWN_OUTCOME', 'CLOSED']);

export type AccountTasksOptions = {
  /** Milliseconds between looks for tasks that another node has left. */
  readonly sweep: number;
  /** Milliseconds until a task that failed here is tried again. */
  readonly retry: number;
};

/** Plans tasks on accounts, and sees to it that each one that was planned is finished. */
export class AccountTasks {
  /** Revisions of the tasks that were there at the last look, by account. */
  private seen: ReadonlyMap<string, number> = new Map();
  private readonly failed = new Set<string>();
  private sweeping: NodeJS.Timeout | undefined;
  private retrying: NodeJS.Timeout | undefined;
  private working: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(
    private readonly context: ChatContext,
    private readonly deletion: AccountDeletion,
    private readonly options: AccountTasksOptions,
  ) {}

  /**
   * Finishes every task that a crash has left, here or on another node, and goes on looking for such. Throws StoreError
   * when the store can't be reached.
   */
  async start(): Promise<void> {
    for await (const { accountId, task } of this.all()) await this.tryToRun(accountId, task);
    if (this.closed) return;
    this.sweeping ??= setInterval(() => {
      this.work(async () => this.resumeStale());
    }, this.options.sweep);
  }

  /** Does not wait for a task to be done, but for the step that is under way. */
  async close(): Promise<void> {
    this.closed = true;
    this.deletion.stop();
    clearInterval(this.sweeping);
    clearTimeout(this.retrying);
    await this.working;
  }

  /** Puts a task in place of what is there under `revision` (null: nothing). */
  async plan(accountId: string, record: TaskRecord, revision: number | null): Promise<CommitResult> {
    const key = keys.task(accountId);
    try {
      return await this.context.store.commit({
        reserve: true,
        checks: [{ key, revision }],
        writes: [{ type: 'put', key, value: records.task.encode(record), erase: true }],
      });
    } catch (error) {
      // It may be there.
      this.resumeSoon(accountId);
      throw error;
    }
  }

  /**
   * Does what follows upon a planned task. Throws OUTCOME_UNKNOWN when that fails: something is done already,
   * and the rest is taken up again soon.
   */
  async carryOut<T>(accountId: string, steps: () => Promise<T>): Promise<T> {
    try {
      return await steps();
    } catch (error) {
      this.resumeSoon(accountId);
      if (error instanceof StoreError && error.code === 'CORRUPT') throw error;
      throw new ChatError('OUTCOME_UNKNOWN', { cause: error });
    }
  }

  /** Finishes the account's task, if it has one, and says of which kind it was. */
  async resume(accountId: string): Promise<TaskRecord['kind'] | undefined> {
    const task = await readRecord(this.context.store, keys.task(accountId), records.task);
    if (!task) return undefined;
    await this.carryOut(accountId, async () => this.deletion.run(accountId, task));
    return task.record.kind;
  }

  /**
   * Finishes the tasks that have been there since the last look: their node has died, or takes so long that doing
   * their steps beside it does no harm.
   */
  private async resumeStale(): Promise<void> {
    const now = new Map<string, number>();
    for await (const { accountId, task } of this.all()) {
      now.set(accountId, task.revision);
      if (this.seen.get(accountId) === task.revision) await this.tryToRun(accountId, task);
    }
    this.seen = now;
  }

  /** What can't be done now, such as for want of room, holds up neither the others nor a start: a later look takes it up. */
  private async tryToRun(accountId: string, task: Stored<TaskRecord>): Promise<void> {
    try {
      // Others have come first: it may be done, and sessions that began since must not end.
      const now = await readRecord(this.context.store, keys.task(accountId), records.task);
      if (now?.revision === task.revision) await this.deletion.run(accountId, task);
    } catch (error) {
      const own =
        error instanceof ChatError || (error instanceof StoreError && !passingCodes.has(error.code));
      if (this.closed || !own) throw error;
      this.warn(error);
    }
  }

  private warn(error: unknown): void {
    this.context.logger.warn({ err: error }, 'what was begun on an account could not be finished yet');
  }

  private resumeSoon(accountId: string): void {
    this.failed.add(accountId);
    if (this.closed) return;
    this.retrying ??= setTimeout(() => {
      this.retrying = undefined;
      const again = [...this.failed];
      this.failed.clear();
      for (const failed of again) {
        this.work(async () => {
          try {
            await this.resume(failed);
          } catch (error) {
            this.resumeSoon(failed);
            throw error;
          }
        });
      }
    }, this.options.retry);
  }

  /** One after the other, so that closing can wait for it. */
  private work(action: () => Promise<void>): void {
    this.working = this.working.then(action).catch((error: unknown) => {
      if (!this.closed) this.warn(error);
    });
  }

  /** None while an import has brought only a part of what they are about. */
  private async *all(): AsyncGenerator<{ readonly accountId: string; readonly task: Stored<TaskRecord> }> {
    if (await importUnfinished(this.context.store)) return;
    const { start: first, end } = keys.tasks();
    for (let start = first; ;) {
      const [entries = []] = (await this.context.store.read([{ start, end, limit: pageSize }])).results;
      for (const { key, value, revision } of entries) {
        yield {
          accountId: String(decodeKey(key)[1]),
          task: { record: records.task.decode(value), revision },
        };
      }
      const last = entries.at(-1);
      if (!last || entries.length < pageSize) return;
      start = Buffer.concat([last.key, Buffer.from([0])]);
    }
  }
}
