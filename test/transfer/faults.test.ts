import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { importUnfinished } from '../../src/chat/import-state.js';
import { keys } from '../../src/chat/keys.js';
import { decodeKey } from '../../src/kv/key-codec.js';
import { StoreError } from '../../src/kv/store-error.js';
import type { Commit, Store } from '../../src/kv/store.js';
import type { ExportLine } from '../../src/transfer/export-line.js';
import { checkStore } from '../testkit/check-store.js';
import { FaultyStore } from '../testkit/faulty-store.js';
import type { Fate } from '../testkit/faulty-store.js';
import { storeOver } from '../testkit/store-over.js';
import { say, startChat } from '../testkit/test-chat.js';
import { bodyOf, exportText, importText, openStore, sealed } from '../testkit/transfer.js';

let text = '';
/** What an export says of the imported data. */
let imported: readonly string[] = [];

/**
 * Everything that a file can have: a conversation that takes several commits, and what an export writes while
 * three messages, dan and eve are being deleted.
 */
beforeEach(async () => {
  // Made once.
  if (text !== '') return;
  const { chat, store, join } = await startChat();
  const [ann, ben] = [await join('ann'), await join('ben')];
  const { conversationId } = await say(chat, ann, 'ben', 'first');
  const sends = Array.from({ length: 600 }, (_, i) =>
    i % 2 ? say(chat, ann, 'ben', `${i}`) : say(chat, ben, 'ann', `${i}`),
  );
  await Promise.all(sends);
  const { seq } = await say(chat, ann, 'ben', 'deleted');
  await chat.messages.delete(ann, { conversationId, seqs: [seq], forEveryone: true });
  await chat.messages.delete(ben, { conversationId, seqs: [1, 2, 3], forEveryone: false });
  await chat.conversations.markRead(ben, { conversationId, seq: 300 });
  const goers = [await join('dan'), await join('eve')];
  for (const [i, name] of ['dan', 'eve'].entries()) {
    const caller = goers[i] ?? ann;
    await say(chat, caller, 'ben', `${name} is soon gone`);
    await say(chat, caller, name, 'a note');
  }
  const lines = (await exportText(store)).trim().split('\n').slice(0, -1);
  const eveId = goers[1]?.accountId ?? '';
  const change = whileDeleting(conversationId, eveId);
  text = sealed(lines.map((line) => JSON.parse(line) as ExportLine).flatMap(change));
  const whole = await openStore();
  await importText(whole, text);
  imported = bodyOf(await exportText(whole));
  expect(imported.filter((line) => line.includes('"text":null'))).toHaveLength(4);
  expect(imported.filter((line) => line.includes('"deleting":true'))).toHaveLength(2);
});

/** The lines that stand for one of them when deletions happen meanwhile. */
function whileDeleting(conversationId: string, eveId: string) {
  return (line: ExportLine): ExportLine[] => {
    if (line.type === 'account' && line.username === 'dan') {
      return [{ ...line, password_hash: '', deleting: true }];
    }
    if (line.type === 'head' && line.members.some(({ username }) => username === 'eve')) {
      const members = line.members.map((member) =>
        member.username === 'eve' ? { username: '', deleted: true } : member,
      );
      const ended = { type: 'ended' as const, account_ids: [eveId] };
      return [{ ...line, closed: true, members }, ended];
    }
    if (!('conversation_id' in line) || line.conversation_id !== conversationId) return [line];
    const seqs = [4, 5, 400];
    if (line.type === 'deletion') {
      const late = { type: 'deletion' as const, conversation_id: conversationId, number: 2, seqs };
      return [{ type: 'deleted', conversation_id: conversationId, seqs }, line, late];
    }
    return [line.type === 'head' ? { ...line, deletions: 2 } : line];
  };
}

/** Imports onto a store where commits fail. Returns how many there were, and whether it came to its end. */
async function attempt(store: Store, fate: (number: number, commit: Commit) => Fate) {
  const faulty = new FaultyStore(store, fate);
  try {
    await importText(faulty, text, { width: 3 });
    return { commits: faulty.commits, done: true };
  } catch (error) {
    expect(error).toMatchObject({ name: 'StoreError' });
    return { commits: faulty.commits, done: false };
  }
}

async function expectWhole(store: Store): Promise<void> {
  expect(await importUnfinished(store)).toBe(false);
  expect(bodyOf(await exportText(store))).toEqual(imported);
}

describe('an import', () => {
  it.each(['killedBefore', 'killedAfter', 'lost', 'applied', 'late', 'unavailable'] as const)(
    'ends with the same data when one of its commits, whichever, is %s',
    async (fate) => {
      let happened = 0;
      for (let at = 0; ; at += 1) {
        const store = await openStore();
        const first = await attempt(store, (number) => (number === at ? fate : 'done'));
        if (!first.done) {
          expect(fate).toMatch(/killed/);
          // Before its first commit nothing is there, and after its last one everything is.
          const whole =
            at === first.commits - 1 && fate === 'killedAfter' && !(await importUnfinished(store));
          const untouched = at === 0 && fate === 'killedBefore';
          if (!whole && !untouched)
            await expect(exportText(store)).rejects.toMatchObject({ code: 'UNFINISHED' });
          const outcome = await importText(store, text);
          expect(outcome).toEqual({ already: whole, resumed: !whole && !untouched });
        }
        await expectWhole(store);
        if (at >= first.commits) break;
        happened += 1;
      }
      expect(happened).toBeGreaterThan(15);
    },
  );

  it('ends with the same data when commits fail again and again, in every way, through several runs', async () => {
    const fates = [
      'done',
      'done',
      'lost',
      'applied',
      'late',
      'unavailable',
      'killedBefore',
      'killedAfter',
    ] as const;
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.constantFrom(...fates)), async (stream) => {
        const store = await openStore();
        for (let runs = 0; ; runs += 1) {
          const { done } = await attempt(store, () => (runs < 20 ? (stream.next().value as Fate) : 'done'));
          if (done) break;
        }
        await expectWhole(store);
      }),
      { numRuns: 10, endOnFailure: true },
    );
  });

  it('goes on where it was cut off, and does not begin anew', async () => {
    const store = await openStore();
    const { commits } = await attempt(await openStore(), () => 'done');
    await attempt(store, (number) => (number === commits - 4 ? 'killedBefore' : 'done'));
    expect((await attempt(store, () => 'done')).commits).toBeLessThan(12);
    await expectWhole(store);
  });

  it('says so when it is done already, whatever has happened since', async () => {
    const store = await openStore();
    expect(await importText(store, text)).toEqual({ already: false, resumed: false });
    const { chat, join } = await startChat({ store });
    await say(chat, await join('zoe'), 'ann', 'new');
    const before = bodyOf(await exportText(store));
    expect(await importText(store, text)).toEqual({ already: true, resumed: false });
    expect(bodyOf(await exportText(store))).toEqual(before);
  });

  it('changes nothing in a server that has data, or an unfinished import of another file', async () => {
    const { chat, store, join } = await startChat();
    await join('ann');
    const before = await exportText(store);
    await expect(importText(store, text)).rejects.toMatchObject({ code: 'NOT_EMPTY' });
    expect(await exportText(store)).toBe(before);
    await chat.close();
    const half = await openStore();
    await attempt(half, (number) => (number === 5 ? 'killedAfter' : 'done'));
    const { revision } = await half.read([]);
    await expect(importText(half, before)).rejects.toMatchObject({ code: 'OTHER_IMPORT' });
    expect((await half.read([])).revision).toBe(revision);
    await importText(half, text);
    await expectWhole(half);
  });

  it('leaves a server alone where an account is made while it begins', async () => {
    const { store, join } = await startChat();
    let begun = false;
    const faulty = new FaultyStore(store, () => {
      begun = true;
      return 'done';
    });
    const racing = storeOver(faulty, {
      read: async (requests) => {
        const snapshot = await faulty.read(requests);
        // After the first look for data, before the marker.
        if (!begun && requests.length > 1) await join('ann');
        return snapshot;
      },
    });
    await expect(importText(racing, text)).rejects.toMatchObject({ code: 'NOT_EMPTY' });
    expect(begun).toBe(true);
    expect(await importUnfinished(store)).toBe(false);
  });

  it.each(['begins', 'is done'])(
    'has no part of an account that is being made while it %s',
    async (moment) => {
      const store = await openStore();
      // What was asked before the import, and is stored after it has looked for data.
      let imports = 0;
      const late = storeOver(store, {
        commit: async (commit) => {
          const [write] = commit.writes;
          if (imports === 0 && write?.type === 'put' && decodeKey(write.key)[2] === 'p') {
            imports += 1;
            if (moment === 'is done') await importText(store, text);
            else await attempt(store, (number) => (number < 3 ? 'done' : 'killedBefore'));
          }
          return store.commit(commit);
        },
      });
      const { join } = await startChat({ store: late });
      await expect(join('zoe')).rejects.toMatchObject({ reason: 'IMPORT_UNFINISHED' });
      expect(imports).toBe(1);
      await importText(store, text);
      await expectWhole(store);
      await join('zoe');
    },
  );

  it('says that nobody knows of an account that is being made when that can not be looked for', async () => {
    const store = await openStore();
    let made = false;
    const failing = storeOver(store, {
      read: async (requests) => {
        if (made) throw new StoreError('UNAVAILABLE', 'out of reach');
        return store.read(requests);
      },
      commit: async (commit) => {
        const result = await store.commit(commit);
        made ||= commit.writes.some((write) => write.type === 'put' && decodeKey(write.key)[0] === 'a');
        return result;
      },
    });
    const { join } = await startChat({ store: failing });
    await expect(join('zoe')).rejects.toMatchObject({ reason: 'OUTCOME_UNKNOWN' });
    made = false;
    await expect(join('zoe')).rejects.toMatchObject({ reason: 'USERNAME_TAKEN' });
  });

  it('never puts itself over what someone else has written', async () => {
    const store = await openStore();
    const stranger = Buffer.from('not from the file');
    await store.commit({
      checks: [],
      writes: [{ type: 'put', key: Buffer.concat([keys.account('eve')]), value: stranger }],
    });
    const blind = storeOver(store, {
      // Does not see it before it writes.
      read: async (requests) =>
        requests.length === 4 ? { revision: 0, results: [[], [], [], []] } : store.read(requests),
    });
    await expect(importText(blind, text)).rejects.toMatchObject({ code: 'CONFLICT' });
    const [found] = (await store.read([{ key: keys.account('eve') }])).results;
    expect(Buffer.from(found?.[0]?.value ?? [])).toEqual(stranger);
    expect(await importUnfinished(store)).toBe(true);
  });

  it('ends when another run has taken over, and the other one brings everything', async () => {
    const store = await openStore();
    let second: Promise<unknown> | undefined;
    const first = new FaultyStore(store, (number) => {
      if (number === 8) second = importText(store, text, { width: 3 });
      return 'done';
    });
    await expect(importText(first, text, { width: 3 })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await second).toEqual({ already: false, resumed: true });
    await expectWhole(store);
  });

  it('gives up on a store that stays out of reach, and goes on later', async () => {
    const store = await openStore();
    const { done } = await attempt(store, (number) => (number < 6 ? 'done' : 'unavailable'));
    expect(done).toBe(false);
    expect(await importText(store, text)).toEqual({ already: false, resumed: true });
    await expectWhole(store);
  });

  it('stops between two commits when it is told to, and goes on later', async () => {
    const store = await openStore();
    const stop = new AbortController();
    const faulty = new FaultyStore(store, (number) => {
      if (number === 6) stop.abort();
      return 'done';
    });
    await expect(importText(faulty, text, { width: 3, signal: stop.signal })).rejects.toThrow('abort');
    expect(await importUnfinished(store)).toBe(true);
    await importText(store, text);
    await expectWhole(store);
  });

  it('touches one partition with each commit', async () => {
    const partitions: unknown[] = [];
    const { done } = await attempt(await openStore(), (_, { checks, writes }) => {
      const touched = [...checks, ...writes.flatMap((write) => ('key' in write ? [write] : []))];
      partitions.push(new Set(touched.map(({ key }) => decodeKey(key).slice(0, 2).join(' '))).size);
      return 'done';
    });
    expect(done).toBe(true);
    expect(new Set(partitions)).toEqual(new Set([1]));
  });
});

describe('a server', () => {
  it('takes neither accounts nor logins while an import is unfinished, and finishes no deletion', async () => {
    const store = await openStore();
    const { commits } = await attempt(await openStore(), () => 'done');
    await attempt(store, (number) => (number === commits - 2 ? 'killedBefore' : 'done'));
    const { revision } = await store.read([]);
    const { chat, join } = await startChat({ store });
    for (const name of ['ann', 'zoe']) {
      await expect(join(name)).rejects.toMatchObject({
        reason: name === 'ann' ? 'USERNAME_TAKEN' : 'IMPORT_UNFINISHED',
      });
    }
    await expect(
      chat.sessions.login({ username: 'ann', password: 'x', deviceName: '' }),
    ).rejects.toMatchObject({
      reason: 'IMPORT_UNFINISHED',
    });
    // Only its own name for this history of the store.
    expect((await store.read([])).revision).toBe(revision + 1);
    await importText(store, text);
    await expectWhole(store);
    await join('zoe');
  });

  it('finishes the deletions that the file left unfinished', async () => {
    const store = await openStore();
    await importText(store, text);
    const { chat } = await startChat({ store });
    expect(await checkStore(store)).toEqual([]);
    const { items } = await chat.accounts.list({ pattern: '*', pageSize: 0, pageToken: '' });
    expect(items.map(({ username }) => username)).toEqual(['ann', 'ben']);
  });
});
