import { stat } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { Chat } from '../../src/chat/chat.js';
import type { RetentionOptions } from '../../src/chat/retention.js';
import { ConversationWriters } from '../../src/chat/conversation-writers.js';
import { keys } from '../../src/chat/keys.js';
import type { Caller } from '../../src/chat/types.js';
import { decodeKey } from '../../src/kv/key-codec.js';
import { EtcdStore } from '../../src/kv-etcd/etcd-store.js';
import type { Store } from '../../src/kv/store.js';
import { LmdbStore } from '../../src/kv-lmdb/lmdb-store.js';
import { backupOf, restoreText, storeInFolder } from '../testkit/backup.js';
import { checkStore } from '../testkit/check-store.js';
import { eventually } from '../testkit/deadline.js';
import { EngineCluster } from '../testkit/engine-cluster.js';
import { FaultyStore } from '../testkit/faulty-store.js';
import { storeOver } from '../testkit/store-over.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import {
  Subscriber,
  allPages,
  password,
  plainHasher,
  say,
  silentLogger,
  startChat,
} from '../testkit/test-chat.js';

const day = 24 * 3_600_000;

/** Looks all the time, as only tests need it. */
function often(limits: RetentionOptions): { retention: RetentionOptions } {
  return { retention: { first: 1, interval: 5, ...limits } };
}

async function textsOf(chat: Chat, caller: Caller, username: string): Promise<(string | undefined)[]> {
  const query = { target: { username }, beforeSeq: undefined, afterSeq: 0, pageSize: 200 };
  const messages = await allPages((pageToken) => chat.messages.list(caller, { ...query, pageToken }));
  expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, i) => i + 1));
  return messages.map(({ text, deleted }) => (deleted ? undefined : text));
}

async function openStore(): Promise<Store> {
  const store = await LmdbStore.open({ folder: await temporaryFolder() });
  onTestFinished(() => store.close());
  return store;
}

it('keeps the last messages of each conversation, and everything else as it is', async () => {
  const store = await openStore();
  const { chat, join } = await startChat({ store, ...often({ maxMessages: 3 }) });
  const [ann, ben] = [await join('ann'), await join('ben')];
  const watching = new Subscriber(chat, ben);
  await watching.next();
  for (let i = 1; i <= 250; i += 1) await say(chat, i % 2 ? ann : ben, i % 2 ? 'ben' : 'ann', `${i}`);
  await say(chat, ann, 'ann', 'a note');
  const kept = [...Array.from({ length: 247 }, () => undefined), '248', '249', '250'];
  await eventually('only the last are left', async () => {
    const texts = await textsOf(chat, ben, 'ann');
    return texts.filter((text) => text !== undefined).length === 3;
  });
  expect(await textsOf(chat, ben, 'ann')).toEqual(kept);
  expect(await textsOf(chat, ann, 'ann')).toEqual(['a note']);
  // Told of as of any deletion (G5), and what is sent again is still known (G3).
  await watching.until(({ body }) =>
    body.type === 'message'
      ? body.message.seq === 247 && body.message.deleted
      : body.type === 'messageDeleted' && body.seqs.includes(247),
  );
  const [conversation] = (await chat.conversations.list(ann, { pageSize: 1, pageToken: '' })).items;
  expect(conversation).toBeDefined();
  const { conversationId } = await say(chat, ann, 'ben', 'one more');
  const again = { target: { username: 'ben' }, text: 'x', clientMessageId: 'first', knownSeq: 0 };
  const stored = await chat.messages.send(ann, again);
  await eventually('it is over, too', async () => {
    await say(chat, ben, 'ann', 'and on');
    return (await textsOf(chat, ben, 'ann'))[stored.seq - 1] === undefined;
  });
  expect((await chat.messages.send(ann, again)).seq).toBe(stored.seq);
  // A person's own deletion works on what is left and on what is gone.
  await chat.messages.delete(ann, { conversationId, seqs: [1, 3], forEveryone: true });
  await chat.messages.delete(ben, { conversationId, seqs: [1, 2], forEveryone: false });
  expect(
    (
      await chat.messages.list(ben, {
        target: { conversationId },
        beforeSeq: 4,
        afterSeq: undefined,
        pageSize: 9,
        pageToken: '',
      })
    ).items,
  ).toHaveLength(1);
  await chat.close();
  expect(await checkStore(store)).toEqual([]);
  await chat.accounts.delete(ann, { password }).catch(() => undefined);
});

it('ends messages at their age, however many there are, and is not misled by a clock that jumps', async () => {
  const store = await openStore();
  const clock = { now: 1_700_000_000_000 };
  const first = await startChat({ store, clock });
  const [ann, ben] = [await first.join('ann'), await first.join('ben')];
  for (let i = 1; i <= 20; i += 1) {
    await say(first.chat, ann, 'ben', `${i}`);
    clock.now += day;
  }
  const second = await startChat({ store, clock, ...often({ maxAge: 7.5 * day, maxMessages: 10 }) });
  const kept = [...Array.from({ length: 13 }, () => undefined), '14', '15', '16', '17', '18', '19', '20'];
  await eventually(
    'the old ones are gone',
    async () => (await textsOf(second.chat, ben, 'ann'))[12] === undefined,
  );
  expect(await textsOf(second.chat, ben, 'ann')).toEqual(kept);
  // Days pass for the clock, but not for the machine.
  clock.now += 100 * day;
  for (let i = 1; i <= 12; i += 1) await say(second.chat, ann, 'ann', `note ${i}`);
  clock.now += 100 * day;
  await eventually('it goes on for those that are too many', async () => {
    return (await textsOf(second.chat, ann, 'ann'))[1] === undefined;
  });
  expect((await textsOf(second.chat, ann, 'ann')).slice(2)).toEqual(
    Array.from({ length: 10 }, (_, i) => `note ${i + 3}`),
  );
  expect(await textsOf(second.chat, ben, 'ann')).toEqual(kept);
});

it('by two nodes at once, and cut off, it comes to the same', async () => {
  const store = await openStore();
  const before = await startChat({ store });
  const [ann, ben] = [await before.join('ann'), await before.join('ben')];
  const sends = Array.from({ length: 900 }, (_, i) =>
    say(before.chat, i % 2 ? ann : ben, i % 2 ? 'ben' : 'ann', `${i}`),
  );
  await Promise.all(sends);
  const nodes = await Promise.all([1, 2].map(async () => startChat({ store, ...often({ maxMessages: 5 }) })));
  await nodes[0]?.chat.close();
  const [, last = before] = nodes;
  await eventually('only the last are left', async () => {
    const texts = await textsOf(last.chat, ben, 'ann');
    return texts.filter((text) => text !== undefined).length === 5;
  });
  await last.chat.close();
  expect(await checkStore(store)).toEqual([]);
});

it('goes on past a conversation whose last member is gone, and leaves nothing of it', async () => {
  const store = await openStore();
  const clock = { now: 1_700_000_000_000 };
  const before = await startChat({ store, clock });
  const people = await Promise.all(
    ['ann', 'ben', 'cat'].map(async (name) => ({ name, caller: await before.join(name), id: '' })),
  );
  for (const person of people) {
    for (const text of ['1', '2', '3']) {
      person.id = (await say(before.chat, person.caller, person.name, text)).conversationId;
      clock.now += day;
    }
  }
  for (const { name, caller } of people) await say(before.chat, caller, name, 'new');
  // The first one that is looked at.
  const [gone, ...others] = people.sort((a, b) => (a.id < b.id ? -1 : 1));
  if (!gone) throw new Error('nobody');
  const few = await startChat({ store, clock, ...often({ maxMessages: 3 }) });
  const retained = async () => (await store.read([{ key: keys.retained(gone.id) }])).results[0];
  await eventually('the look has been noted', async () => (await retained())?.length === 1);
  await few.chat.close();
  await before.chat.accounts.delete(gone.caller, { password });
  const { chat } = await startChat({ store, clock, ...often({ maxAge: 1.5 * day }) });
  for (const { name, caller } of others) {
    await eventually('the old ones are gone', async () => {
      return (await textsOf(chat, caller, name)).filter((one) => one !== undefined).length < 3;
    });
  }
  await eventually('nothing is noted of it any more', async () => (await retained())?.length === 0);
});

it('puts nothing back of a conversation that is being emptied', async () => {
  const store = await openStore();
  const isMessage = ({ key }: { readonly key: Uint8Array }) => decodeKey(key)[2] === 'm';
  const stopping = new FaultyStore(store, (_, { writes }) =>
    writes.some((write) => write.type === 'delete' && isMessage(write)) ? 'unavailable' : 'done',
  );
  const { chat, clock, join } = await startChat({ store: stopping });
  const ann = await join('ann');
  const { conversationId } = await say(chat, ann, 'ann', 'a note');
  await expect(chat.accounts.delete(ann, { password })).rejects.toMatchObject({ reason: 'OUTCOME_UNKNOWN' });
  // The messages are still there, and may go at any moment: no commit can check for that.
  const random = (count: number) => Buffer.alloc(count);
  const context = {
    store,
    hasher: plainHasher,
    now: () => clock.now,
    elapsed: () => clock.now,
    random,
    logger: silentLogger,
  };
  const deletion = new ConversationWriters(context).get(conversationId).delete(undefined, [1]);
  await expect(deletion).rejects.toMatchObject({ reason: 'CONVERSATION_NOT_FOUND' });
});

it('waits for a restore to be finished, and then ends what it has brought', async () => {
  const { store: source, folder } = await storeInFolder();
  const before = await startChat({ store: source });
  const [ann, ben] = [await before.join('ann'), await before.join('ben')];
  const last = 300;
  let conversationId = '';
  for (let i = 1; i <= last; i += 1) ({ conversationId } = await say(before.chat, ann, 'ben', `${i}`));
  const backup = await backupOf(folder);
  const store = await openStore();
  const lastKey = Buffer.from(keys.message(conversationId, last));
  const dying = new FaultyStore(store, (_, { writes }) =>
    writes.some((write) => write.type === 'put' && lastKey.equals(write.key)) ? 'killedBefore' : 'done',
  );
  await expect(restoreText(dying, backup)).rejects.toMatchObject({ code: 'CLOSED' });
  let looks = 0;
  const watched = storeOver(store, {
    read: (requests) => {
      if (requests[0] && 'limit' in requests[0] && requests[0].limit === 1) looks += 1;
      return store.read(requests);
    },
  });
  const { chat } = await startChat({ store: watched, ...often({ maxMessages: 3 }) });
  await eventually('it has looked at the conversation', () => looks > 5);
  expect(await restoreText(store, backup)).toEqual({ already: false, resumed: true });
  await eventually('only the last are left', async () => {
    const texts = await textsOf(chat, ben, 'ann');
    return texts.filter((one) => one !== undefined).length === 3;
  });
});

const text = 'x'.repeat(8_000);
const count = 600;

/** Fills a store with texts, then ends all but the last. `onFull` is told in between. */
async function fillAndEnd(store: Store, onFull: () => Promise<void>): Promise<void> {
  const before = await startChat({ store });
  const [ann, ben] = [await before.join('ann'), await before.join('ben')];
  for (let i = 0; i < count; i += 10) {
    await Promise.all(Array.from({ length: 10 }, () => say(before.chat, ann, 'ben', text)));
  }
  await onFull();
  const { chat } = await startChat({ store, ...often({ maxMessages: 1 }) });
  await eventually('only the last is left', async () => {
    const target = { username: 'ann' };
    const query = { target, beforeSeq: count, afterSeq: undefined, pageSize: 1, pageToken: '' };
    return (await chat.messages.list(ben, query)).items[0]?.deleted === true;
  });
  for (const one of [before.chat, chat]) await one.close();
}

it('gives back the room of what has ended: a server alone, at its next start', async () => {
  const folder = await temporaryFolder();
  const store = await LmdbStore.open({ folder });
  const size = async () => (await stat(joinPath(folder, 'data.mdb'))).size;
  await fillAndEnd(store, async () => {
    expect(await size()).toBeGreaterThan(count * text.length);
  });
  await store.close();
  await (await LmdbStore.open({ folder })).close();
  // What is left of each message is its number, time, sender and id.
  expect(await size()).toBeLessThan(count * 400);
});

it('gives back the room of what has ended: a cluster, by itself', async () => {
  const maintenance = {
    poll: 200,
    compaction: 400,
    history: 400,
    tightHistory: 400,
    defragmentation: 3_000,
    longTime: 3_000,
  };
  const cluster = await EngineCluster.start(1, { maintenance });
  const { client, maintenance: keeper } = cluster.get('node1');
  const store = await EtcdStore.open({ client });
  const size = () => keeper.space?.sizeBytes ?? 0;
  await fillAndEnd(store, () => eventually('it is large', () => size() > count * text.length));
  await eventually('the room is there again', async () => {
    // etcd counts what a compaction has freed when something is written.
    await store.commit({ checks: [], writes: [{ type: 'delete', key: Buffer.from('none') }] });
    return size() < count * 1_000;
  });
  await store.close();
});
