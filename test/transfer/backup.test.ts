import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ChatError } from '../../src/chat/chat-error.js';
import { importUnfinished } from '../../src/chat/import-state.js';
import { keys } from '../../src/chat/keys.js';
import { records } from '../../src/chat/records.js';
import { decodeKey } from '../../src/kv/key-codec.js';
import type { Moment } from '../../src/kv/moment.js';
import type { Store } from '../../src/kv/store.js';
import { LmdbMoment } from '../../src/kv-lmdb/lmdb-moment.js';
import { checkBackup } from '../../src/transfer/read-backup.js';
import { TransferError } from '../../src/transfer/transfer-error.js';
import { backupOf, backupText, restoreText, storeInFolder } from '../testkit/backup.js';
import { checkStore } from '../testkit/check-store.js';
import { eventually } from '../testkit/deadline.js';
import { FaultyStore } from '../testkit/faulty-store.js';
import type { Fate } from '../testkit/faulty-store.js';
import { Pair, step } from '../testkit/pair.js';
import { Subscriber, login, say, startChat } from '../testkit/test-chat.js';
import { storeOver } from '../testkit/store-over.js';
import { answersOf, chunksOf, openStore } from '../testkit/transfer.js';

const nothing = Buffer.alloc(0);

/**
 * What a backup says, without when it was made and at which revision. A deleted message notes the revision that it was
 * sent at: 0 in a store that was restored.
 */
function bodyOf(text: string): string[] {
  return linesOf(text).map((line) => {
    const [key = nothing, value = nothing] = (JSON.parse(line) as string[]).map((part) =>
      Buffer.from(part, 'base64'),
    );
    if (!isMessage(key)) return line;
    const record = records.message.decode(value);
    return JSON.stringify({ ...record, appended: record.appended === null ? null : 0 });
  });
}

function linesOf(text: string): string[] {
  return text.trim().split('\n').slice(1, -1);
}

function isOfSession(line: string): boolean {
  const [key = ''] = JSON.parse(line) as string[];
  return decodeKey(Buffer.from(key, 'base64'))[2] === 's';
}

function isMessage(key: Uint8Array): boolean {
  const [first, , third] = decodeKey(key);
  return first === 'c' && third === 'm';
}

/** Lines with a last line that is right for them. */
function resealed(lines: readonly string[], counts: object): string {
  const text = lines.map((line) => `${line}\n`).join('');
  const sha256 = createHash('sha256').update(text).digest('hex');
  return `${text}${JSON.stringify({ lines: lines.length, counts, sha256 })}\n`;
}

async function refusal(file: string | Uint8Array): Promise<TransferError> {
  const error = await checkBackup(chunksOf(file)).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof TransferError)) throw new Error('the file is taken', { cause: error });
  return error;
}

/** Something of every kind that a backup can hold. */
let sample = '';

beforeEach(async () => {
  // Made once.
  if (sample !== '') return;
  const { store, folder } = await storeInFolder();
  const { chat, join } = await startChat({ store });
  const [ann, ben, cat] = [await join('ann'), await join('ben'), await join('cat')];
  const { conversationId } = await say(chat, ann, 'ben', 'one');
  const { seq } = await say(chat, ann, 'ben', 'two');
  await chat.messages.delete(ann, { conversationId, seqs: [seq], forEveryone: true });
  await chat.messages.delete(ben, { conversationId, seqs: [1], forEveryone: false });
  await say(chat, cat, 'cat', 'a note');
  const task = { kind: 'delete' as const, folded: 'cat', keepSession: '', passwordHash: '' };
  const value = records.task.encode(task);
  await store.commit({ checks: [], writes: [{ type: 'put', key: keys.task(cat.accountId), value }] });
  sample = await backupOf(folder);
  await chat.close();
  await store.close();
});

it('a server made from a backup answers as the one it is of, and everyone is still logged in', async () => {
  const steps = fc.array(step, { minLength: 20, maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(steps, steps, async (before, after) => {
      const { store, folder } = await storeInFolder();
      const first = await startChat({ store });
      const pair = new Pair(first);
      await pair.run([{ type: 'create', who: 'ann' }, { type: 'create', who: 'ben' }, ...before]);
      const [someone] = pair.names();
      const session = { username: someone ?? '', password: 'correct horse', deviceName: 'phone' };
      const { token } = someone ? await first.chat.sessions.login(session) : { token: undefined };
      const text = await backupOf(folder);
      const copy = await storeInFolder();
      await restoreText(copy.store, text);
      expect(await checkStore(copy.store)).toEqual([]);
      expect(bodyOf(await backupOf(copy.folder))).toEqual(bodyOf(text));
      const second = await startChat({ store: copy.store });
      if (token) await second.chat.sessions.authenticate(token);
      expect(await answersOf(second.chat, pair.names())).toEqual(await answersOf(first.chat, pair.names()));
      await pair.moveTo(second);
      await pair.run(after);
      await pair.compare();
    }),
    { numRuns: 6, endOnFailure: true },
  );
});

it('what it shows is one moment, whatever is written while it is read', async () => {
  const { store, folder } = await storeInFolder();
  const { chat, join } = await startChat({ store });
  const [ann, ben, dan] = [await join('ann'), await join('ben'), await join('dan')];
  const { conversationId } = await say(chat, ann, 'ben', 'first');
  for (let i = 0; i < 20; i += 1) await say(chat, i % 2 ? ann : ben, i % 2 ? 'ben' : 'ann', `${i}`);
  await say(chat, dan, 'ann', 'soon gone');
  const quiet = await backupOf(folder);
  const moment = await LmdbMoment.open(folder);
  let reads = 0;
  /** Between two pages, everything changes. */
  const amidChanges: Moment = {
    count: (range) => moment.count(range),
    close: () => moment.close(),
    read: async (requests) => {
      reads += 1;
      await say(chat, ann, 'ben', `meanwhile ${reads}`);
      await chat.conversations.markRead(ben, { conversationId, seq: reads });
      await chat.messages.delete(ann, { conversationId, seqs: [1], forEveryone: true });
      if (reads === 3) await chat.accounts.delete(dan, { password: 'correct horse' });
      if (reads === 5) await join('eve');
      return moment.read(requests);
    },
  };
  const busy = await backupText(amidChanges, { pageSize: 5 });
  await moment.close();
  expect(reads).toBeGreaterThan(10);
  expect(linesOf(busy)).toEqual(linesOf(quiet));
  expect(linesOf(await backupOf(folder))).not.toEqual(linesOf(quiet));
});

it('a subscriber of before is told to read anew, and goes on', async () => {
  const { store, folder } = await storeInFolder();
  const { chat, join } = await startChat({ store });
  const [ann] = [await join('ann'), await join('ben')];
  await say(chat, ann, 'ben', 'one');
  const before = new Subscriber(chat, ann);
  await before.next();
  await say(chat, ann, 'ben', 'two');
  const { resumeToken } = await before.message('two');
  const copy = await openStore();
  await restoreText(copy, await backupOf(folder));
  const restored = await startChat({ store: copy });
  const after = new Subscriber(restored.chat, ann, { resumeToken });
  await after.until(({ body }) => body.type === 'resync');
  expect(after.texts()).toEqual([]);
  await say(restored.chat, ann, 'ben', 'three');
  const { body } = await after.message('three');
  expect(body).toMatchObject({ message: { seq: 3 } });
});

it('without sessions everyone has to log in again', async () => {
  const { store, folder } = await storeInFolder();
  const { chat, join } = await startChat({ store });
  await join('ann');
  const { token } = await chat.sessions.login({ username: 'ann', password: 'correct horse', deviceName: '' });
  const copy = await openStore();
  await restoreText(copy, await backupOf(folder), { withoutSessions: true });
  const restored = await startChat({ store: copy });
  await expect(restored.chat.sessions.authenticate(token)).rejects.toMatchObject({ reason: 'SESSION_ENDED' });
  await login(restored.chat, 'ann');
});

it('without sessions ends those that a restore has brought which is done already, and no other', async () => {
  const { store, folder } = await storeInFolder();
  const { chat, join } = await startChat({ store });
  await join('ann');
  const request = { username: 'ann', password: 'correct horse', deviceName: '' };
  const { token } = await chat.sessions.login(request);
  const backup = await backupOf(folder);
  const copy = await storeInFolder();
  await restoreText(copy.store, backup);
  const restored = await startChat({ store: copy.store });
  const { sessions } = restored.chat;
  await sessions.authenticate(token);
  const since = await sessions.login(request);
  const before = await backupOf(copy.folder);
  const outcome = await restoreText(copy.store, backup, { withoutSessions: true });
  expect(outcome).toEqual({ already: true, resumed: false });
  // Also for who was taken on trust.
  await eventually('it has ended', async () =>
    sessions.authenticate(token).then(
      () => false,
      (error: unknown) => (error as ChatError).reason === 'SESSION_ENDED',
    ),
  );
  await sessions.authenticate(since.token);
  const after = await backupOf(copy.folder);
  expect(linesOf(after).filter(isOfSession)).toHaveLength(1);
  const rest = (text: string) => linesOf(text).filter((line) => !isOfSession(line));
  expect(rest(after)).toEqual(rest(before));
});

describe('a restore', () => {
  /** Onto a store where commits fail. Returns how many there were, and whether it came to its end. */
  async function attempt(store: Store, fate: (number: number) => Fate) {
    const faulty = new FaultyStore(store, fate);
    try {
      await restoreText(faulty, sample, { width: 4 });
      return { commits: faulty.commits, done: true };
    } catch (error) {
      expect(error).toMatchObject({ name: 'StoreError' });
      return { commits: faulty.commits, done: false };
    }
  }

  it.each(['killedBefore', 'killedAfter', 'late'] as const)(
    'ends with the same data when one of its commits, whichever, is %s',
    async (fate) => {
      let happened = 0;
      for (let at = 0; ; at += 1) {
        const { store, folder } = await storeInFolder();
        const first = await attempt(store, (number) => (number === at ? fate : 'done'));
        if (!first.done) await restoreText(store, sample);
        expect(await importUnfinished(store)).toBe(false);
        expect(bodyOf(await backupOf(folder))).toEqual(bodyOf(sample));
        await store.close();
        if (at >= first.commits) break;
        happened += 1;
      }
      expect(happened).toBeGreaterThan(5);
    },
  );

  it('is refused into a store that has data, and changes nothing there', async () => {
    const { store, folder } = await storeInFolder();
    const { join } = await startChat({ store });
    await join('zoe');
    const before = await backupOf(folder);
    await expect(restoreText(store, sample)).rejects.toMatchObject({ code: 'NOT_EMPTY' });
    expect(await importUnfinished(store)).toBe(false);
    expect(bodyOf(await backupOf(folder))).toEqual(bodyOf(before));
  });

  it('lets nobody in before everything is there', async () => {
    const store = await openStore();
    const running: string[] = [];
    let sessions = 0;
    const watched = storeOver(store, {
      commit: async (commit) => {
        const parts = decodeKey(commit.writes[0]?.type === 'put' ? commit.writes[0].key : nothing);
        const part = parts[2] === 's' ? 'sessions' : String(parts[0]);
        if (part === 'sessions') {
          sessions += 1;
          expect(running.filter((other) => other !== 'sessions')).toEqual([]);
        }
        running.push(part);
        const result = await store.commit(commit);
        running.splice(running.indexOf(part), 1);
        return result;
      },
    });
    await restoreText(watched, sample);
    expect(sessions).toBeGreaterThan(1);
  });

  it('takes no session before all are there: one that is ended meanwhile would come back', async () => {
    const { store: source, folder } = await storeInFolder();
    const { chat, join } = await startChat({ store: source });
    await join('ann');
    const { token } = await chat.sessions.login({
      username: 'ann',
      password: 'correct horse',
      deviceName: '',
    });
    const backup = await backupOf(folder);
    const store = await openStore();
    // Cut off when the only thing left is to say that it is done.
    let sessions = false;
    const dying = new FaultyStore(store, (_, { writes }) => {
      const all = writes.flatMap((write) => (write.type === 'put' ? [String(decodeKey(write.key)[2])] : []));
      const over = sessions && !all.includes('s');
      sessions ||= all.includes('s');
      return over ? 'killedBefore' : 'done';
    });
    await expect(restoreText(dying, backup)).rejects.toMatchObject({ code: 'CLOSED' });
    const restored = await startChat({ store });
    await expect(restored.chat.sessions.authenticate(token)).rejects.toMatchObject({
      reason: 'IMPORT_UNFINISHED',
    });
    await restoreText(store, backup);
    await restored.chat.sessions.authenticate(token);
  });

  it('that goes on without sessions leaves none that it brought before it was cut off', async () => {
    for (let at = 0; ; at += 1) {
      const { store, folder } = await storeInFolder();
      const first = await attempt(store, (number) => (number === at ? 'killedAfter' : 'done'));
      if (first.done) break;
      const begun = await importUnfinished(store);
      await restoreText(store, sample, { withoutSessions: true });
      const sessions = linesOf(await backupOf(folder)).filter(isOfSession);
      // Killed before it had begun, or when it was done: then people may be logged in.
      if (begun) expect(sessions).toEqual([]);
      await store.close();
    }
  });

  it('is done once', async () => {
    const store = await openStore();
    expect(await restoreText(store, sample)).toEqual({ already: false, resumed: false });
    expect(await restoreText(store, sample)).toEqual({ already: true, resumed: false });
  });
});

describe('a file is refused', () => {
  it('wherever it is cut off', async () => {
    for (let length = 0; length < sample.length; length += 7) {
      expect((await refusal(sample.slice(0, length))).code, `${length} bytes`).toMatch(/TRUNCATED|FOREIGN/);
    }
    expect((await refusal(sample.slice(0, -1))).code).toBe('TRUNCATED');
  });

  it('whichever of its bits is another', async () => {
    const bytes = Buffer.from(sample);
    for (let at = 0; at < bytes.length; at += 5) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect((await refusal(changed)).code, `byte ${at}`).toMatch(/DAMAGED|TRUNCATED|FOREIGN|NEWER/);
    }
  });

  it('when a line is missing, there twice or elsewhere, whatever its checksum says', async () => {
    const lines = sample.trim().split('\n');
    const { counts } = JSON.parse(lines.pop() ?? '') as { counts: object };
    expect(await checkBackup(chunksOf(resealed(lines, counts)))).toBeDefined();
    for (const [i, line] of lines.entries()) {
      const twice = [...lines.slice(0, i), line, ...lines.slice(i)];
      expect((await refusal(resealed(twice, counts))).code, `${i} twice`).toBe('DAMAGED');
      const next = lines[i + 1];
      if (next === undefined) continue;
      const swapped = [...lines.slice(0, i), next, line, ...lines.slice(i + 2)];
      expect((await refusal(resealed(swapped, counts))).code, `${i} later`).toMatch(/DAMAGED|FOREIGN/);
    }
  });

  it.each([
    ['is empty', () => '', 'is not a backup of Holdfast'],
    ['is a picture', () => Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0xff]), 'is not a backup of Holdfast'],
    [
      'is an export',
      () => '{"type":"header","format":"holdfast-export","version":1}\n',
      'is not a backup of Holdfast',
    ],
    ['is one endless line', () => 'x'.repeat(1_000_000), 'is not a backup of Holdfast'],
    [
      'is in a newer format',
      () => sample.replace('"version":1', '"version":2'),
      'was made by a newer Holdfast: use that one',
    ],
    [
      'has newer data',
      () => sample.replace('"schema":1', '"schema":9'),
      'was made by a newer Holdfast: use that one',
    ],
    ['goes on after its end', () => `${sample}[]\n`, /^is damaged: line \d+ follows the last one$/],
  ])('when it %s', async (_, file, expected) => {
    expect((await refusal(file())).message).toMatch(expected);
  });
});
