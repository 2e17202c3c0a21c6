import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ChatError } from '../../src/chat/chat-error.js';
import { createChat } from '../../src/chat/create-chat.js';
import { keys } from '../../src/chat/keys.js';
import { records } from '../../src/chat/records.js';
import type { Caller } from '../../src/chat/types.js';
import { decodeKey } from '../../src/kv/key-codec.js';
import { LmdbStore } from '../../src/kv-lmdb/lmdb-store.js';
import type { Store } from '../../src/kv/store.js';
import { StoreError } from '../../src/kv/store-error.js';
import { eventually } from '../testkit/deadline.js';
import { storeOver } from '../testkit/store-over.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import { login, password, plainHasher, say, silentLogger, startChat } from '../testkit/test-chat.js';

type Fault = 'UNAVAILABLE' | 'UNKNOWN_OUTCOME' | 'UNKNOWN_OUTCOME, applied';

/** A store of which one commit fails, counted from when `failAt` is set. */
class FailingStore {
  failAt = Number.POSITIVE_INFINITY;
  fault: Fault = 'UNAVAILABLE';

  constructor(private readonly inner: Store) {}

  /** Whether the commit that is to fail has come. */
  get failed(): boolean {
    return this.failAt <= 0;
  }

  get store(): Store {
    const { inner } = this;
    return storeOver(inner, {
      commit: async (...args) => {
        this.failAt -= 1;
        if (this.failAt !== 0) return inner.commit(...args);
        if (this.fault === 'UNKNOWN_OUTCOME, applied') await inner.commit(...args);
        throw new StoreError(this.fault === 'UNAVAILABLE' ? 'UNAVAILABLE' : 'UNKNOWN_OUTCOME', 'a hiccup');
      },
    });
  }
}

async function openStore(): Promise<Store> {
  const store = await LmdbStore.open({ folder: await temporaryFolder() });
  onTestFinished(() => store.close());
  return store;
}

/** The reason for a refusal, the code of the store's error, or 'none'. */
async function reasonOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return 'none';
  } catch (error) {
    if (error instanceof ChatError) return error.reason;
    if (error instanceof StoreError) return error.code;
    throw error;
  }
}

async function isThere(store: Store, { accountId, sessionId }: Caller): Promise<boolean> {
  const { results } = await store.read([{ key: keys.session(accountId, sessionId) }]);
  return results[0]?.length === 1;
}

const faults: Fault[] = ['UNAVAILABLE', 'UNKNOWN_OUTCOME', 'UNKNOWN_OUTCOME, applied'];

/** Sweeps so rarely that only what is tried again soon helps. */
async function startFailing(retry: number) {
  const failing = new FailingStore(await openStore());
  return { failing, ...(await startChat({ store: failing.store, sweep: 3_600_000, retry })) };
}

describe.each(faults)('when one commit fails (%s)', (fault) => {
  it('a changed password ends the other sessions, or nothing is changed', async () => {
    const { failing, chat, store, join } = await startFailing(1);
    failing.fault = fault;
    let failures = 0;
    for (let commit = 1; ; commit += 1) {
      const username = `u${commit}`;
      const [me, other] = [await join(username), await login(chat, username)];
      failing.failAt = commit;
      const newPassword = 'another one';
      const outcome = await reasonOf(
        chat.accounts.changePassword(me, { oldPassword: password, newPassword }),
      );
      if (!failing.failed) break;
      failures += 1;
      expect(outcome).toBe(commit === 1 ? fault.split(',')[0] : 'OUTCOME_UNKNOWN');
      await eventually('the task is done', async () => {
        return (await store.read([{ key: keys.task(me.accountId) }])).results[0]?.length === 0;
      });
      const changed = (await reasonOf(login(chat, username))) === 'CREDENTIALS_WRONG';
      expect(await isThere(store, other)).toBe(!changed);
      expect(await isThere(store, me)).toBe(true);
      const oldPassword = changed ? newPassword : password;
      expect(
        await reasonOf(chat.accounts.changePassword(me, { oldPassword, newPassword: 'a third one' })),
      ).toBe('none');
    }
    expect(failures).toBeGreaterThan(3);
  });

  it('a deleted account is gone soon, or whole', async () => {
    const { failing, chat, join } = await startFailing(1);
    failing.fault = fault;
    let failures = 0;
    for (let commit = 1; ; commit += 1) {
      const username = `d${commit}`;
      const [me] = [await join(username), await join(`p${commit}`)];
      await say(chat, me, `p${commit}`, 'hello');
      failing.failAt = commit;
      const outcome = await reasonOf(chat.accounts.delete(me, { password }));
      if (!failing.failed) break;
      failures += 1;
      expect(outcome).toBe(commit === 1 ? fault.split(',')[0] : 'OUTCOME_UNKNOWN');
      if (commit === 1 && fault !== 'UNKNOWN_OUTCOME, applied') {
        expect(await reasonOf(chat.accounts.get(username))).toBe('none');
        continue;
      }
      await eventually('the name is free', async () => (await reasonOf(join(username))) === 'none');
    }
    expect(failures).toBeGreaterThan(5);
  });
});

it('asking again finishes what was cut off', async () => {
  // What is tried again by itself comes too late.
  const { failing, chat, store, join } = await startFailing(3_600_000);
  for (let commit = 2; ; commit += 1) {
    const username = `u${commit}`;
    const me = await join(username);
    failing.failAt = commit;
    const outcome = await reasonOf(chat.accounts.delete(me, { password }));
    if (!failing.failed) break;
    expect(outcome).toBe('OUTCOME_UNKNOWN');
    expect(await reasonOf(chat.accounts.delete(me, { password }))).toBe('none');
    expect(await reasonOf(join(username))).toBe('none');
  }
  failing.failAt = Number.POSITIVE_INFINITY;
  const me = await join('ann');
  const other = await login(chat, 'ann');
  const change = { oldPassword: password, newPassword: 'another one' };
  failing.failAt = 3;
  expect(await reasonOf(chat.accounts.changePassword(me, change))).toBe('OUTCOME_UNKNOWN');
  expect(await reasonOf(chat.accounts.changePassword(me, change))).toBe('PASSWORD_WRONG');
  expect(await isThere(store, other)).toBe(false);
});

it('a start finishes any number of tasks', async () => {
  const store = await openStore();
  const record = { kind: 'endSessions' as const, folded: 'gone', keepSession: '', passwordHash: '' };
  const value = records.task.encode(record);
  for (let at = 0; at < 1_200; at += 400) {
    const writes = Array.from({ length: 400 }, (_, i) => {
      return { type: 'put' as const, key: keys.task(`account ${at + i}`), value };
    });
    await store.commit({ checks: [], writes });
  }
  await startChat({ store });
  expect(await store.count(keys.tasks())).toBe(0);
});

it('what can not be finished holds up neither a start nor the rest', async () => {
  const inner = await openStore();
  const before = await startChat({ store: inner });
  const people = [await before.join('ann'), await before.join('ben')];
  await Promise.all(
    people.map(async ({ accountId }, i) => {
      const folded = i === 0 ? 'ann' : 'ben';
      const value = records.task.encode({ kind: 'delete', folded, keepSession: '', passwordHash: '' });
      await inner.commit({ checks: [], writes: [{ type: 'put', key: keys.task(accountId), value }] });
    }),
  );
  await before.chat.close();
  const [first = '', second = ''] = people.map(({ accountId }) => accountId).sort();
  let full = true;
  const store = storeOver(inner, {
    commit: async (commit) => {
      const isFirst = commit.writes.some((write) => 'key' in write && decodeKey(write.key)[1] === first);
      if (full && isFirst) throw new StoreError('OUT_OF_SPACE', 'no room');
      return inner.commit(commit);
    },
  });
  await startChat({ store, sweep: 10 });
  const left = async () => {
    const [entries = []] = (await inner.read([keys.tasks()])).results;
    return entries.map(({ key }) => decodeKey(key)[1]);
  };
  expect(await left()).toEqual([first]);
  expect((await inner.read([{ key: keys.profile(second) }])).results[0]).toEqual([]);
  full = false;
  await eventually('there is room again', async () => (await left()).length === 0);
});

it('what another node has finished meanwhile ends no session that began since', async () => {
  const inner = await openStore();
  const before = await startChat({ store: inner });
  const callers = [await before.join('ann'), await before.join('ben')];
  for (const [i, { accountId }] of callers.entries()) {
    const folded = i === 0 ? 'ann' : 'ben';
    const passwordHash = await plainHasher.hash(password);
    const value = records.task.encode({ kind: 'endSessions', folded, keepSession: '', passwordHash });
    await inner.commit({ checks: [], writes: [{ type: 'put', key: keys.task(accountId), value }] });
  }
  await before.chat.close();
  const [first, second] = callers.sort((a, b) => (a.accountId < b.accountId ? -1 : 1));
  if (!first || !second) throw new Error('nobody');
  const store = storeOver(inner, {
    commit: async (commit) => {
      const key = keys.task(second.accountId);
      await inner.commit({ checks: [], writes: [{ type: 'delete', key }] });
      return inner.commit(commit);
    },
  });
  await startChat({ store });
  expect(await isThere(inner, first)).toBe(false);
  expect(await isThere(inner, second)).toBe(true);
});

describe('closing while an account with much is being deleted', () => {
  const conversations = 30;

  /** A store that tells when its next commits begin. */
  function observed(inner: Store, onCommit: () => void): Store {
    return storeOver(inner, {
      commit: async (...args) => {
        onCommit();
        return inner.commit(...args);
      },
    });
  }

  async function annAndMany() {
    const inner = await openStore();
    const { chat, join } = await startChat({ store: inner });
    const ann = await join('ann');
    for (let i = 0; i < conversations; i += 1) {
      await join(`u${i}`);
      await say(chat, ann, `u${i}`, 'hello');
    }
    return { inner, ann };
  }

  async function expectFinishedBy(store: Store): Promise<void> {
    const { join } = await startChat({ store });
    expect(await store.count(keys.tasks())).toBe(0);
    await join('ann');
  }

  it('waits for the step under way, not for the deletion', async () => {
    const { inner, ann } = await annAndMany();
    let commits = 0;
    let closing: Promise<void> | undefined;
    const store = observed(inner, () => {
      commits += 1;
      // Task, account, profile, sessions, then one for each conversation.
      if (commits === 8) closing = chat.close();
    });
    const { chat } = await startChat({ store });
    const deleting = chat.accounts.delete(ann, { password });
    expect(await reasonOf(deleting)).toBe('OUTCOME_UNKNOWN');
    await closing;
    expect(commits).toBe(8);
    expect(await inner.count(keys.tasks())).toBe(1);
    await expectFinishedBy(inner);
  });

  it('does so while a start finishes what a crash has left', async () => {
    const { inner, ann } = await annAndMany();
    const task = { kind: 'delete' as const, folded: 'ann', keepSession: '', passwordHash: '' };
    const write = { type: 'put' as const, key: keys.task(ann.accountId), value: records.task.encode(task) };
    await inner.commit({ checks: [], writes: [write] });
    let commits = 0;
    let closing: Promise<void> | undefined;
    const store = observed(inner, () => {
      commits += 1;
      if (commits === 8) closing = chat.close();
    });
    const clocks = { now: Date.now, elapsed: () => performance.now() };
    const context = { store, ...clocks, random: randomBytes, logger: silentLogger, hasher: plainHasher };
    const chat = createChat(context);
    expect(await reasonOf(chat.start())).toBe('SHUTTING_DOWN');
    await closing;
    expect(commits).toBe(8);
    expect(await inner.count(keys.tasks())).toBe(1);
    await expectFinishedBy(inner);
  });
});
