import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Event } from '../../src/chat/types.js';
import { StoreError } from '../../src/kv/store-error.js';
import type { Store } from '../../src/kv/store.js';
import { LmdbStore } from '../../src/kv-lmdb/lmdb-store.js';
import { storeOver } from '../testkit/store-over.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import { Subscriber, login, password, say, startChat } from '../testkit/test-chat.js';

const refusal = (reason: string) => ({ name: 'ChatError', reason });

async function openStore(): Promise<Store> {
  const store = await LmdbStore.open({ folder: await temporaryFolder() });
  onTestFinished(() => store.close());
  return store;
}

/** A store whose answers are on their way for some turns of the event loop. */
function slowReads(store: Store): Store {
  return storeOver(store, {
    read: async (...args) => {
      const snapshot = await store.read(...args);
      for (let turns = 0; turns < 5; turns += 1) await setImmediate();
      return snapshot;
    },
  });
}

describe('delivery', () => {
  it('begins with a heartbeat and delivers to both members what either sends', async () => {
    const { chat, join } = await startChat();
    const [ann, ben] = [await join('ann'), await join('ben')];
    const [annSees, benSees] = [new Subscriber(chat, ann), new Subscriber(chat, ben)];
    expect((await annSees.next()).body.type).toBe('heartbeat');
    await annSees.next();
    await benSees.caughtUp();
    await say(chat, ann, 'ben', 'one');
    await say(chat, ben, 'ann', 'two');
    await annSees.message('two');
    await benSees.message('two');
    for (const seen of [annSees, benSees]) {
      expect(seen.texts()).toEqual(['one', 'two']);
      expect(seen.events.filter(({ body }) => body.type === 'conversation')).toHaveLength(1);
    }
  });

  it('goes on after any event it has delivered, without a gap or a double', async () => {
    const { chat, join } = await startChat();
    const [ann, ben, cat] = [await join('ann'), await join('ben'), await join('cat')];
    const live = new Subscriber(chat, ben);
    await live.caughtUp();
    const texts: string[] = [];
    for (let i = 0; i < 12; i += 1) {
      // In one turn, so that some of them share a commit.
      const burst = [ann, cat, ann].map((caller, n) => ({ caller, text: `${i}.${n}` }));
      await Promise.all(burst.map(({ caller, text }) => say(chat, caller, 'ben', text)));
      texts.push(...burst.map(({ text }) => text));
    }
    while (live.texts().length < texts.length) await live.next();
    for (const [at, event] of live.events.entries()) {
      const resumed = new Subscriber(chat, ben, { resumeToken: event.resumeToken });
      await resumed.caughtUp();
      const before = live.events
        .slice(0, at + 1)
        .flatMap(({ body }) => (body.type === 'message' ? [body.message.text] : []));
      expect([...before, ...resumed.texts()].sort()).toEqual([...texts].sort());
      resumed.close();
    }
  });

  it('survives being cut off again and again while it catches up', async () => {
    const { chat, join } = await startChat();
    const ben = await join('ben');
    const first = new Subscriber(chat, ben);
    let token = (await first.caughtUp()).resumeToken;
    first.close();
    const senders = await Promise.all(['s1', 's2', 's3', 's4', 's5'].map(join));
    const expected: string[] = [];
    const seen: string[] = [];
    for (let round = 0; round < 30; round += 1) {
      for (const [i, sender] of senders.entries()) {
        const text = `${round}-${i}`;
        if (round < 10) {
          await say(chat, sender, 'ben', text);
          expected.push(text);
        }
      }
      const cut = new Subscriber(chat, ben, { resumeToken: token });
      for (let n = 0; n < 4 + (round % 3); n += 1) {
        const event = await cut.next();
        if (event.body.type === 'message') seen.push(event.body.message.text);
        token = event.resumeToken;
        if (event.body.type === 'heartbeat' && n > 0) break;
      }
      cut.close();
    }
    expect(seen).toHaveLength(new Set(seen).size);
    expect([...seen].sort()).toEqual([...expected].sort());
  });

  it.each([
    ['at once', (store: Store) => store],
    ['after a while, as in a cluster', slowReads],
  ])(
    'delivers once and in order when it is cut off while others send; reads answer %s (G5)',
    async (_, of) => {
      const { chat, join } = await startChat({ store: of(await openStore()) });
      const ben = await join('ben');
      const first = new Subscriber(chat, ben);
      let token = (await first.caughtUp()).resumeToken;
      first.close();
      const senders = await Promise.all(['s1', 's2', 's3', 's4', 's5', 's6'].map(join));
      const heads = new Map<string, number>();
      let sending = true;
      const sent = senders.map(async (sender, n) => {
        for (let i = 0; sending; i += 1) {
          // In one turn, so that some of them share a commit.
          const burst = Array.from({ length: 1 + (i % 4) }, async () => say(chat, sender, 'ben', 'x'));
          for (const { conversationId, seq } of await Promise.all(burst)) heads.set(conversationId, seq);
          for (let turns = (i * (n + 1)) % 7; turns > 0; turns -= 1) await setImmediate();
        }
      });
      const seen = new Map<string, number>();
      const take = ({ body, resumeToken }: Event) => {
        token = resumeToken;
        if (body.type !== 'message') return;
        const { conversationId, seq } = body.message;
        expect(seq).toBe((seen.get(conversationId) ?? 0) + 1);
        seen.set(conversationId, seq);
      };
      try {
        for (let round = 0; round < 150; round += 1) {
          // Several conversations have something new.
          for (let turns = round % 11; turns > 0; turns -= 1) await setImmediate();
          const cut = new Subscriber(chat, ben, { resumeToken: token });
          for (let n = (round * 7) % 23; n >= 0; n -= 1) {
            take(await cut.next());
            // What is sent now comes while it catches up.
            for (let turns = (round + n) % 4; turns > 0; turns -= 1) await setImmediate();
          }
          cut.close();
        }
      } finally {
        sending = false;
        await Promise.all(sent);
      }
      const last = new Subscriber(chat, ben, { resumeToken: token });
      await last.caughtUp();
      last.events.forEach(take);
      expect(seen).toEqual(heads);
    },
  );

  it('tells of deletions, reads and hidden messages missed meanwhile', async () => {
    const { chat, join } = await startChat();
    const [ann, ben] = [await join('ann'), await join('ben')];
    for (const text of ['one', 'two', 'three']) await say(chat, ann, 'ben', text);
    const { conversationId } = await say(chat, ann, 'ben', 'four');
    const first = new Subscriber(chat, ben, { cursors: new Map([[conversationId, 4]]) });
    const { resumeToken } = await first.caughtUp();
    expect(first.texts()).toEqual([]);
    first.close();
    await chat.messages.delete(ann, { conversationId, seqs: [2], forEveryone: true });
    await chat.messages.delete(ben, { conversationId, seqs: [3], forEveryone: false });
    await chat.conversations.markRead(ben, { conversationId, seq: 4 });
    const resumed = new Subscriber(chat, ben, { resumeToken });
    await resumed.caughtUp();
    expect(resumed.events.map(({ body }) => body).filter(({ type }) => type !== 'heartbeat')).toEqual([
      { type: 'messageDeleted', conversationId, seqs: [2], forEveryone: true },
      { type: 'messageDeleted', conversationId, seqs: [3], forEveryone: false },
      { type: 'read', conversationId, readSeq: 4 },
    ]);
  });

  it('delivers from cursors, and conversations without one from their start', async () => {
    const { chat, join } = await startChat();
    const [ann, ben, cat] = [await join('ann'), await join('ben'), await join('cat')];
    for (const text of ['a1', 'a2', 'a3']) await say(chat, ann, 'ben', text);
    const { conversationId } = await say(chat, ann, 'ben', 'a4');
    await say(chat, cat, 'ben', 'c1');
    const subscriber = new Subscriber(chat, ben, { cursors: new Map([[conversationId, 2]]) });
    await subscriber.caughtUp();
    expect(subscriber.texts().sort()).toEqual(['a3', 'a4', 'c1']);
  });

  it('asks for a new reading when the subscriber knows more than the store', async () => {
    const { chat, join } = await startChat();
    const [ann, ben] = [await join('ann'), await join('ben')];
    const { conversationId } = await say(chat, ann, 'ben', 'one');
    const ahead = new Subscriber(chat, ben, { cursors: new Map([[conversationId, 9]]) });
    const resync = await ahead.until(({ body }) => body.type === 'resync');
    expect(resync.body).toEqual({ type: 'resync', conversationId });
    const other = await startChat();
    const foreign = new Subscriber(other.chat, await other.join('ben'));
    const { resumeToken } = await foreign.next();
    await expect(new Subscriber(chat, ben, { resumeToken }).next()).rejects.toMatchObject(
      refusal('RESUME_TOKEN_MISMATCH'),
    );
  });

  it('ends with the session, with the account, and when the server stops', async () => {
    const { chat, join } = await startChat();
    const ann = await join('ann');
    const second = await login(chat, 'ann');
    const ended = new Subscriber(chat, second);
    await ended.caughtUp();
    await chat.sessions.revoke(ann, second.sessionId);
    await expect(ended.until(() => false)).rejects.toMatchObject(refusal('SESSION_ENDED'));
    const deleted = new Subscriber(chat, await join('ben'));
    await deleted.caughtUp();
    await chat.accounts.delete(await login(chat, 'ben'), { password });
    await expect(deleted.until(() => false)).rejects.toMatchObject(refusal('SESSION_ENDED'));
    const stopped = new Subscriber(chat, ann);
    await stopped.caughtUp();
    await chat.close();
    await expect(stopped.until(() => false)).rejects.toMatchObject(refusal('SHUTTING_DOWN'));
  });

  it('shows signs of life, and notices a session that has expired', async () => {
    const { chat, clock, join } = await startChat({ heartbeat: 5 });
    const subscriber = new Subscriber(chat, await join('ann'));
    for (let i = 0; i < 4; i += 1) expect((await subscriber.next()).body.type).toBe('heartbeat');
    clock.now += 100 * 24 * 3_600_000;
    await expect(subscriber.until(() => false)).rejects.toMatchObject(refusal('SESSION_EXPIRED'));
  });

  it('shows signs of life to every subscriber, in whatever order they came and went', async () => {
    const { chat, join } = await startChat({ heartbeat: 5 });
    const [ann, ben] = [await join('ann'), await join('ben')];
    const all = [ann, ben, ann, ben].map((caller) => new Subscriber(chat, caller));
    for (const subscriber of all) await subscriber.caughtUp();
    all.shift()?.abort();
    await say(chat, ann, 'ben', 'hello');
    await all[0]?.message('hello');
    const alive = async (subscriber: Subscriber) => {
      for (let i = 0; i < 4; i += 1) await subscriber.until(({ body }) => body.type === 'heartbeat');
    };
    await Promise.all(all.map(alive));
  });

  it('ends while its next event is waited for, and leaves its place to another', async () => {
    const { chat, join } = await startChat({ heartbeat: 600_000 });
    const ann = await join('ann');
    const request = { cursors: new Map<string, number>(), resumeToken: '' };
    const streams = Array.from({ length: 100 }, () => chat.delivery.subscribe(ann, request));
    for (const stream of streams) for (let i = 0; i < 2; i += 1) await stream.next();
    await expect(chat.delivery.subscribe(ann, request).next()).rejects.toMatchObject(
      refusal('STREAMS_TOO_MANY'),
    );
    const waiting = streams[50]?.next();
    await streams[50]?.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await streams[50]?.next()).toEqual({ done: true, value: undefined });
    expect(await chat.delivery.subscribe(ann, request).next()).toMatchObject({ done: false });
  });

  it('holds nothing of those who leave while their place is being read', async () => {
    const { chat, join } = await startChat({ store: slowReads(await openStore()) });
    const ann = await join('ann');
    const stream = chat.delivery.subscribe(ann, { cursors: new Map(), resumeToken: '' });
    const { resumeToken } = ((await stream.next()) as IteratorYieldResult<Event>).value;
    expect(resumeToken).not.toBe('');
    await stream.return();
    const request = { cursors: new Map<string, number>(), resumeToken };
    for (let i = 0; i < 100; i += 1) {
      const leaving = chat.delivery.subscribe(ann, request);
      const waiting = leaving.next();
      await leaving.return();
      expect(await waiting).toEqual({ done: true, value: undefined });
    }
    for (let turns = 0; turns < 20; turns += 1) await setImmediate();
    expect(await chat.delivery.subscribe(ann, request).next()).toMatchObject({ done: false });
  });

  it('catches up when it is slower than the senders', async () => {
    const { chat, join } = await startChat();
    const [ann, ben] = [await join('ann'), await join('ben')];
    const slow = new Subscriber(chat, ben);
    await slow.caughtUp();
    const texts = Array.from({ length: 6_000 }, (_, i) => `m${i}`);
    for (let i = 0; i < texts.length; i += 500) {
      await Promise.all(texts.slice(i, i + 500).map((text) => say(chat, ann, 'ben', text)));
    }
    while (slow.texts().length < texts.length) await slow.next();
    expect(slow.texts()).toEqual(texts);
  });

  it('keeps at most about 1 MiB for a subscriber that does not read', async () => {
    const { chat, join } = await startChat({ heartbeat: 600_000 });
    const [ann, ben] = [await join('ann'), await join('ben')];
    const slow = new Subscriber(chat, ben);
    await slow.caughtUp();
    await say(chat, ann, 'ben', 'first');
    await slow.message('first');
    const long = 'x'.repeat(16_000);
    for (let i = 0; i < 2; i += 1) {
      await Promise.all(Array.from({ length: 50 }, (_, n) => say(chat, ann, 'ben', `${i}.${n} ${long}`)));
    }
    const other = new Subscriber(chat, ben);
    await other.caughtUp();
    await say(chat, ann, 'ben', 'last');
    // Now all has been offered to the slow one too.
    await other.message('last');
    // That it caught up from the store is what ends with a heartbeat.
    await slow.until(({ body }) => body.type === 'heartbeat');
    expect(slow.texts()).toHaveLength(102);
  });

  it('refuses tokens and cursors that make no sense', async () => {
    const { chat, join } = await startChat();
    const ann = await join('ann');
    const id = 'A'.repeat(22);
    const attempt = (from: ConstructorParameters<typeof Subscriber>[2]) =>
      new Subscriber(chat, ann, from).next();
    const { resumeToken } = await new Subscriber(chat, ann).next();
    await expect(attempt({ resumeToken: 'x' })).rejects.toMatchObject(refusal('RESUME_TOKEN_INVALID'));
    const tampered = `${resumeToken.slice(0, -3)}AAA`;
    await expect(attempt({ resumeToken: tampered })).rejects.toMatchObject(refusal('RESUME_TOKEN_INVALID'));
    const both = { resumeToken, cursors: new Map([[id, 1]]) };
    await expect(attempt(both)).rejects.toMatchObject(refusal('CURSORS_AMBIGUOUS'));
    const many = new Map(Array.from({ length: 10_001 }, (_, i) => [String(i), 1]));
    await expect(attempt({ cursors: many })).rejects.toMatchObject(refusal('CURSORS_TOO_MANY'));
  });
});

it('a session that ended while the feed was lost receives nothing more, however much is said', async () => {
  const kept = await openStore();
  let broken = false;
  const store = storeOver(kept, {
    async *changes(after, options) {
      for await (const batch of kept.changes(after, options)) {
        if (broken) throw new StoreError('COMPACTED', 'no longer kept');
        yield batch;
      }
    },
  });
  const { chat, join } = await startChat({ store });
  const [ann, ben] = [await join('ann'), await join('ben')];
  const other = await login(chat, 'ann');
  const stolen = new Subscriber(chat, other);
  await stolen.caughtUp();
  broken = true;
  await chat.sessions.revoke(ann, other.sessionId);
  await say(chat, ben, 'ann', 'secret');
  await expect(stolen.message('secret')).rejects.toMatchObject({ reason: 'SESSION_ENDED' });
  expect(stolen.texts()).toEqual([]);
});

it('a session that expires receives nothing more, however much is said', async () => {
  const { chat, clock, join } = await startChat();
  const [ann, ben] = [await join('ann'), await join('ben')];
  const subscriber = new Subscriber(chat, ann);
  await subscriber.caughtUp();
  clock.now += 91 * 24 * 3_600_000;
  await say(chat, ben, 'ann', 'secret');
  await expect(subscriber.message('secret')).rejects.toMatchObject({ reason: 'SESSION_EXPIRED' });
});
