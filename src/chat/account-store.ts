import { decodeKey } from '../kv/key-codec.js';
import type { AccountDeletion } from './account-deletion.js';
import type { AccountTasks } from './account-tasks.js';
import type { ChatContext } from './chat-context.js';
import { ChatError } from './chat-error.js';
import type { Accounts } from './chat.js';
import { Gate } from './gate.js';
import { giveWay } from './give-way.js';
import { newAccountId } from './ids.js';
import { importedSince, requireWhole, unfinished } from './import-state.js';
import { accountRange, keys } from './keys.js';
import type { LoginGuard } from './login-guard.js';
import { applied, optimistically, readRecord } from './optimistic.js';
import { Paging } from './paging.js';
import { callerAccount, findAccount } from './profiles.js';
import { records } from './records.js';
import type { AccountRecord } from './records.js';
import type { SessionStore } from './session-store.js';
import type { Account, Caller, Page, PageRequest } from './types.js';
import { foldUsername, validateNewPassword, validatePassword, validateUsername } from './username.js';
import { parseWildcard } from './wildcard.js';
import type { Wildcard } from './wildcard.js';

/** Accounts looked at for one page at most. */
const scanLimit = 10_000;
/** Pages at a time that look at so many: each costs some 100 ms of the processor, and all would run at once. */
const maxScans = 2;
/** Milliseconds that such a page waits for its turn: a store that does not answer must not make it wait for all before it (G9). */
const maxWait = 1_000;
/** A username. */
const accountPosition = ['text'] as const;

function view({ id, username, createTime }: AccountRecord): Account {
  return { id, username, createTime };
}

export class AccountStore implements Accounts {
  private readonly scans = new Gate(maxScans);

  constructor(
    private readonly context: ChatContext,
    private readonly sessions: SessionStore,
    private readonly deletion: AccountDeletion,
    private readonly tasks: AccountTasks,
    private readonly guard: LoginGuard,
  ) {}

  async create({ username, password }: { username: string; password: string }): Promise<Account> {
    validateUsername(username);
    validateNewPassword(password);
    const { store, hasher, now, random } = this.context;
    const folded = foldUsername(username);
    const key = keys.account(folded);
    // Before the costly hash; the commit below is what decides.
    if (await this.taken(folded)) throw new ChatError('USERNAME_TAKEN');
    const passwordHash = await hasher.hash(password);
    const imported = await requireWhole(store);
    const account: AccountRecord = {
      id: newAccountId(random),
      username,
      passwordHash,
      createTime: now(),
      state: 'active',
    };
    // The profile first: an account that can be found has one. Left over by a crash it is found by nobody.
    const profileKey = keys.profile(account.id);
    const { createTime } = account;
    await store.commit({
      checks: [{ key: profileKey, revision: null }],
      writes: [
        {
          type: 'put',
          key: profileKey,
          value: records.profile.encode({ username, createTime, state: 'active' }),
        },
      ],
    });
    const created = await store.commit({
      checks: [{ key, revision: null }],
      writes: [{ type: 'put', key, value: records.account.encode(account) }],
    });
    const removeProfile = async () =>
      store.commit({ reserve: true, checks: [], writes: [{ type: 'delete', key: profileKey }] });
    if (!created.ok) {
      await removeProfile();
      throw new ChatError('USERNAME_TAKEN');
    }
    try {
      // An import puts its marker, then looks whether anything is there. Here something is put, then looked for the
      // marker: one of the two sees the other, with no commit over both partitions.
      if (!(await importedSince(store, imported))) return view(account);
      const checks = [{ key, revision: created.revision }];
      await store.commit({ reserve: true, checks, writes: [{ type: 'delete', key }] });
      await removeProfile();
    } catch (cause) {
      // The account may be there.
      throw new ChatError('OUTCOME_UNKNOWN', { cause });
    }
    throw unfinished();
  }

  async get(username: string): Promise<Account> {
    validateUsername(username);
    const found = await findAccount(this.context.store, foldUsername(username));
    if (!found) throw new ChatError('ACCOUNT_NOT_FOUND');
    return view(found.record);
  }

  async list(request: PageRequest & { pattern: string }): Promise<Page<Account>> {
    const wildcard = parseWildcard(request.pattern);
    const paging = new Paging(['accounts', request.pattern.toLowerCase()], request, accountPosition);
    if (wildcard.nothing) return { items: [], nextPageToken: '' };
    if (wildcard.literal) {
      const found = await findAccount(this.context.store, wildcard.prefix);
      return {
        items: found && wildcard.matches(wildcard.prefix) ? [view(found.record)] : [],
        nextPageToken: '',
      };
    }
    if (wildcard.prefixOnly) return this.scan(wildcard, paging);
    return this.scans.run(async () => this.scan(wildcard, paging), {
      most: maxWait,
      error: new ChatError('SEARCHES_TOO_MANY', { retryDelay: maxWait }),
    });
  }

  private async scan(wildcard: Wildcard, paging: Paging<typeof accountPosition>): Promise<Page<Account>> {
    let after = paging.position?.[0];
    const items: Account[] = [];
    for (let scanned = 0; scanned < scanLimit;) {
      const limit = wildcard.prefixOnly ? paging.size - items.length + 1 : 1_000;
      const snapshot = await this.context.store.read([{ ...accountRange(wildcard.prefix, after), limit }]);
      const entries = snapshot.results[0] ?? [];
      for (const entry of entries) {
        const folded = decodeKey(entry.key)[1] as string;
        if (wildcard.matches(folded)) {
          const record = records.account.decode(entry.value);
          if (record.state === 'active') {
            if (items.length === paging.size) return { items, nextPageToken: paging.tokenAt([after ?? '']) };
            items.push(view(record));
          }
        }
        after = folded;
      }
      if (entries.length < limit) return { items, nextPageToken: '' };
      scanned += entries.length;
      await giveWay();
    }
    return { items, nextPageToken: paging.tokenAt([after ?? '']) };
  }

  async changePassword(caller: Caller, request: { oldPassword: string; newPassword: string }): Promise<void> {
    validatePassword(request.oldPassword);
    validateNewPassword(request.newPassword);
    const { store, hasher } = this.context;
    const { accountId } = caller;
    // What failed in the middle would stand in the way.
    await this.tasks.resume(accountId);
    const { folded, account } = await callerAccount(store, accountId);
    await this.requirePassword(caller, folded, account.record.passwordHash, request.oldPassword);
    const passwordHash = await hasher.hash(request.newPassword);
    const record = { kind: 'endSessions' as const, folded, keepSession: caller.sessionId, passwordHash };
    const planned = await this.tasks.plan(accountId, record, null);
    // Another change or the deletion of this account is under way.
    if (!planned.ok) throw new ChatError('CONTENDED');
    const changed = await this.tasks.carryOut(accountId, async () => {
      const key = keys.account(folded);
      const value = records.account.encode({ ...account.record, passwordHash });
      const result = await store.commit({
        reserve: true,
        checks: [{ key, revision: account.revision }],
        writes: [{ type: 'put', key, value, erase: true }],
      });
      await this.deletion.run(accountId, { record, revision: planned.revision });
      return result.ok;
    });
    if (!changed) throw new ChatError('CONTENDED');
  }

  async delete(caller: Caller, { password }: { password: string }): Promise<void> {
    validatePassword(password);
    const { store } = this.context;
    const { accountId } = caller;
    // Asked for before, with the right password, and cut off: what is left of the account can't tell any more.
    if ((await this.tasks.resume(accountId)) === 'delete') return;
    const { folded, account } = await callerAccount(store, accountId);
    await this.requirePassword(caller, folded, account.record.passwordHash, password);
    await optimistically(async () => {
      const task = await readRecord(store, keys.task(accountId), records.task);
      if (task?.record.kind === 'delete') return true;
      const record = { kind: 'delete' as const, folded, keepSession: '', passwordHash: '' };
      return applied(await this.tasks.plan(accountId, record, task?.revision ?? null));
    });
    await this.tasks.carryOut(accountId, async () => this.tasks.resume(accountId));
    this.sessions.forget();
  }

  /** Whoever holds a session guesses as slowly as whoever holds none. */
  private async requirePassword(
    { accountId, sessionId }: Caller,
    folded: string,
    passwordHash: string,
    password: string,
  ): Promise<void> {
    const from = { accountId, folded, place: `session ${sessionId}`, own: true };
    const right = await this.guard.compare(from, async () =>
      this.context.hasher.verify(passwordHash, password),
    );
    if (!right) throw new ChatError('PASSWORD_WRONG');
  }

  private async taken(folded: string): Promise<boolean> {
    return (await readRecord(this.context.store, keys.account(folded), records.account)) !== undefined;
  }
}
