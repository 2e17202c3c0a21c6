import { decodeKey } from '../kv/key-codec.js';
import type { KeyRange, Write } from '../kv/store.js';
import type { ChatContext } from './chat-context.js';
import { ChatError } from './chat-error.js';
import { keys } from './keys.js';
import { applied, optimistically, readRecord } from './optimistic.js';
import type { Stored } from './optimistic.js';
import { records } from './records.js';
import type { HeadRecord, InfoRecord, TaskRecord } from './records.js';
import type { SessionStore } from './session-store.js';

/**
 * Work on an account that spans partitions, as steps that can each be done again: deleting it, and ending
 * its sessions after a changed password. The task in the store is removed last, so that whoever starts next
 * finishes what a crash cut off.
 */
export class AccountDeletion {
  private stopped = false;

  constructor(
    private readonly context: ChatContext,
    private readonly sessions: SessionStore,
  ) {}

  /** Ends what is under way between two of its steps, with SHUTTING_DOWN; whoever starts next goes on. */
  stop(): void {
    this.stopped = true;
  }

  private requireGoing(): void {
    if (this.stopped) throw new ChatError('SHUTTING_DOWN');
  }

  /** Does a task, also when another node has taken it for left behind and removed it. */
  async run(accountId: string, task: Stored<TaskRecord>): Promise<void> {
    const key = keys.task(accountId);
    this.requireGoing();
    if (task.record.kind === 'delete') await this.delete(accountId, task.record);
    else await this.endSessions(accountId, task.record);
    await this.context.store.commit({
      reserve: true,
      checks: [{ key, revision: task.revision }],
      writes: [{ type: 'delete', key }],
    });
  }

  private async endSessions(accountId: string, task: TaskRecord): Promise<void> {
    const { store } = this.context;
    if (!(await this.passwordChanged(accountId, task))) return;
    // Written again so that a login that has checked the old password fails at its profile check.
    const profile = await readRecord(store, keys.profile(accountId), records.profile);
    if (profile) {
      const key = keys.profile(accountId);
      await store.commit({
        reserve: true,
        checks: [{ key, revision: profile.revision }],
        writes: [{ type: 'put', key, value: records.profile.encode(profile.record) }],
      });
    }
    await this.sessions.endAll(accountId, task.keepSession);
  }

  /** Whether the change that a task was planned for has been made; if not, it can't be made any more. */
  private async passwordChanged(accountId: string, task: TaskRecord): Promise<boolean> {
    const outcome = await optimistically(async () => {
      const key = keys.account(task.folded);
      const account = await readRecord(this.context.store, key, records.account);
      if (account?.record.id !== accountId) return { changed: false };
      if (account.record.passwordHash === task.passwordHash) return { changed: true };
      // Written again: a change that is still on its way checks the revision of before.
      const result = await this.context.store.commit({
        reserve: true,
        checks: [{ key, revision: account.revision }],
        writes: [{ type: 'put', key, value: records.account.encode(account.record) }],
      });
      return applied(result) && { changed: false };
    });
    return outcome.changed;
  }

  private async delete(accountId: string, task: TaskRecord): Promise<void> {
    await this.close(accountId, task.folded);
    await this.sessions.endAll(accountId, '');
    const range = keys.entries(accountId);
    for (let start = range.start; ;) {
      const [entries] = (await this.context.store.read([{ start, end: range.end, limit: 200 }])).results;
      if (!entries || entries.length === 0) break;
      for (const entry of entries) {
        this.requireGoing();
        const conversationId = decodeKey(entry.key)[3];
        if (typeof conversationId === 'string') await this.leave(accountId, conversationId);
        start = Buffer.concat([entry.key, Buffer.from([0])]);
      }
    }
    await this.clear(keys.user(accountId));
    await this.freeName(accountId, task.folded);
  }

  /** Marks account and profile: from here on nothing is added to the user's partition. */
  private async close(accountId: string, folded: string): Promise<void> {
    const { store } = this.context;
    await optimistically(async () => {
      const key = keys.account(folded);
      const account = await readRecord(store, key, records.account);
      if (account?.record.id !== accountId || account.record.state === 'deleting') return true;
      const value = records.account.encode({ ...account.record, state: 'deleting', passwordHash: '' });
      return applied(
        await store.commit({
          reserve: true,
          checks: [{ key, revision: account.revision }],
          writes: [{ type: 'put', key, value, erase: true }],
        }),
      );
    });
    await optimistically(async () => {
      const key = keys.profile(accountId);
      const profile = await readRecord(store, key, records.profile);
      if (!profile || profile.record.state === 'deleting') return true;
      const value = records.profile.encode({ ...profile.record, state: 'deleting' });
      return applied(
        await store.commit({
          reserve: true,
          checks: [{ key, revision: profile.revision }],
          writes: [{ type: 'put', key, value }],
        }),
      );
    });
  }

  /**
   * Closes a conversation and takes the member's name out of it. With its last member gone the messages go
   * too. The closed head stays for ever, so that a send that was on its way finds it, and so do the members'
   * ids, so that an export under way can tell who has gone.
   */
  private async leave(accountId: string, conversationId: string): Promise<void> {
    const { store } = this.context;
    const everyoneGone = await optimistically(async () => {
      const infoKey = keys.info(conversationId);
      const headKey = keys.head(conversationId);
      const [infos, heads] = (await store.read([{ key: infoKey }, { key: headKey }])).results;
      const infoEntry = infos?.[0];
      const headEntry = heads?.[0];
      const head: HeadRecord = headEntry
        ? records.head.decode(headEntry.value)
        : { seq: 0, lastTime: 0, closed: false, counts: [], deletions: 0 };
      const writes: Write[] = [
        { type: 'put', key: headKey, value: records.head.encode({ ...head, closed: true }) },
      ];
      let gone = true;
      if (infoEntry) {
        const info = withoutMember(records.info.decode(infoEntry.value), accountId);
        gone = info.memberDeleted.every(Boolean);
        writes.push({ type: 'put', key: infoKey, value: records.info.encode(info), erase: true });
      }
      const result = await store.commit({
        reserve: true,
        checks: [
          { key: headKey, revision: headEntry?.revision ?? null },
          { key: infoKey, revision: infoEntry?.revision ?? null },
        ],
        writes,
      });
      return result.ok ? { gone } : undefined;
    });
    if (!everyoneGone.gone) return;
    await this.clear(keys.messages(conversationId));
    await this.clear(keys.deletions(conversationId));
  }

  private async freeName(accountId: string, folded: string): Promise<void> {
    await optimistically(async () => {
      const key = keys.account(folded);
      const account = await readRecord(this.context.store, key, records.account);
      if (account?.record.id !== accountId) return true;
      return applied(
        await this.context.store.commit({
          reserve: true,
          checks: [{ key, revision: account.revision }],
          writes: [{ type: 'delete', key }],
        }),
      );
    });
  }

  /** Deletes a range in commits of bounded size. */
  private async clear(range: KeyRange): Promise<void> {
    for (;;) {
      this.requireGoing();
      const [entries] = (await this.context.store.read([{ ...range, limit: 200 }])).results;
      if (!entries || entries.length === 0) return;
      const writes = entries.map((entry) => ({ type: 'delete' as const, key: entry.key }));
      await this.context.store.commit({ reserve: true, checks: [], writes });
    }
  }
}

function withoutMember(info: InfoRecord, accountId: string): InfoRecord {
  const at = info.memberIds.indexOf(accountId);
  return {
    memberIds: info.memberIds,
    memberNames: info.memberNames.map((name, i) => (i === at ? '' : name)),
    memberDeleted: info.memberDeleted.map((deleted, i) => deleted || i === at),
  };
}
