import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Pair, step } from '../testkit/pair.js';
import { checkStore } from '../testkit/check-store.js';
import { dyingAfter } from '../testkit/faulty-store.js';
import { Subscriber, login, password, say, startChat } from '../testkit/test-chat.js';
import type { TestChat } from '../testkit/test-chat.js';
import { answersOf, bodyOf, exportText, importText, openStore } from '../testkit/transfer.js';

const refusal = (reason: string) => ({ name: 'ChatError', reason });

/** The same data in another store, with the domain started on it. */
async function moved(from: TestChat): Promise<TestChat> {
  const store = await openStore();
  await importText(store, await exportText(from.store));
  const to = await startChat({ store });
  to.clock.now = from.clock.now;
  return to;
}

describe('an export that is imported', () => {
  it('answers as before, and goes on as if nothing had happened, whatever was done', async () => {
    const steps = fc.array(step, { minLength: 10, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(steps, steps, async (before, after) => {
        const old = await startChat({ store: await openStore() });
        const pair = new Pair(old);
        await pair.run([{ type: 'create', who: 'ann' }, { type: 'create', who: 'ben' }, ...before]);
        const text = await exportText(old.store, { pageSize: 3 });
        const store = await openStore();
        await importText(store, text);
        expect(await checkStore(store)).toEqual([]);
        expect(bodyOf(await exportText(store))).toEqual(bodyOf(text));
        const fresh = await startChat({ store });
        const names = pair.names();
        expect(await answersOf(fresh.chat, names)).toEqual(await answersOf(old.chat, names));
        await pair.moveTo(fresh);
        await pair.compare();
        // Among them sends with ids that were used before.
        await pair.run(after);
        await pair.compare();
        await old.chat.close();
        await fresh.chat.close();
      }),
      { numRuns: 25, endOnFailure: true },
    );
  });

  it('has no sessions; passwords are as they were', async () => {
    const old = await startChat();
    const ann = await old.join('ann');
    const { token } = await old.chat.sessions.login({ username: 'ann', password, deviceName: '' });
    await old.chat.accounts.changePassword(ann, { oldPassword: password, newPassword: 'another one' });
    await say(old.chat, ann, 'ann', 'a note');
    const { chat } = await moved(old);
    await expect(chat.sessions.authenticate(token)).rejects.toMatchObject(refusal('SESSION_ENDED'));
    const attempt = (secret: string) =>
      chat.sessions.login({ username: 'ann', password: secret, deviceName: '' });
    await expect(attempt(password)).rejects.toMatchObject(refusal('CREDENTIALS_WRONG'));
    const fresh = await chat.sessions.authenticate((await attempt('another one')).token);
    expect(await chat.sessions.list(fresh)).toHaveLength(1);
  });

  it('stores a message once that was sent before the move and again after it (G3)', async () => {
    const old = await startChat();
    const [ann] = [await old.join('ann'), await old.join('ben')];
    const send = { target: { username: 'ben' }, text: 'once', clientMessageId: 'x', knownSeq: 0 };
    const first = await old.chat.messages.send(ann, send);
    const { chat } = await moved(old);
    const again = await login(chat, 'ann');
    expect(await chat.messages.send(again, send)).toEqual(first);
    const other = chat.messages.send(again, { ...send, text: 'twice' });
    await expect(other).rejects.toMatchObject(refusal('CLIENT_MESSAGE_ID_REUSED'));
  });

  it('has subscribers read everything again, then delivers to them without a gap or a double', async () => {
    const old = await startChat();
    const [ann, ben] = [await old.join('ann'), await old.join('ben')];
    const { conversationId } = await say(old.chat, ann, 'ben', 'first');
    for (let i = 0; i < 40; i += 1) await say(old.chat, ann, 'ben', `${i}`);
    // Its record has the old store's revision, which is far ahead of the new one's.
    await old.chat.messages.delete(ann, { conversationId, seqs: [40, 41], forEveryone: true });
    const before = new Subscriber(old.chat, ben, { cursors: new Map([[conversationId, 41]]) });
    const { resumeToken } = await before.caughtUp();

    const { chat } = await moved(old);
    const [annAgain, benAgain] = [await login(chat, 'ann'), await login(chat, 'ben')];
    const first = new Subscriber(chat, benAgain, { resumeToken });
    const resync = await first.until(({ body }) => body.type === 'resync');
    expect(resync.body).toEqual({ type: 'resync', conversationId: undefined });
    // Now its tokens name a revision, by which the messages after it are found.
    await first.until(({ body }) => body.type === 'heartbeat');
    await say(chat, annAgain, 'ben', 'live');
    const live = await first.message('live');
    await say(chat, annAgain, 'ben', 'meanwhile');
    const second = new Subscriber(chat, benAgain, { resumeToken: live.resumeToken });
    await second.caughtUp();
    expect(second.texts()).toEqual(['meanwhile']);
    const cursor = new Subscriber(chat, benAgain, { cursors: new Map([[conversationId, 42]]) });
    await cursor.caughtUp();
    expect(cursor.texts()).toEqual(['meanwhile']);
    const deleted = cursor.events.flatMap(({ body }) => (body.type === 'messageDeleted' ? body.seqs : []));
    expect(deleted).toEqual([40, 41]);
  });

  it('has every character of a text, and the numbers of a long log of deletions', async () => {
    const old = await startChat();
    const ann = await old.join('ann');
    const texts = ['\0\u0001\n\r\t"\\', '😀 \u2028 \ufeff \u202e', ' ', 'é'.repeat(8_192), '{"type":"head"}'];
    for (const text of texts) await say(old.chat, ann, 'ann', text);
    const { conversationId } = await say(old.chat, ann, 'ann', '1');
    for (let i = 0; i < 1_003; i += 1) {
      const { seq } = await say(old.chat, ann, 'ann', 'short-lived');
      await old.chat.messages.delete(ann, { conversationId, seqs: [seq], forEveryone: true });
    }
    const { chat, store } = await moved(old);
    expect(await answersOf(chat, ['ann'])).toEqual(await answersOf(old.chat, ['ann']));
    expect(bodyOf(await exportText(store))).toEqual(bodyOf(await exportText(old.store)));
    const again = await login(chat, 'ann');
    const { seq } = await say(chat, again, 'ann', 'one more');
    await chat.messages.delete(again, { conversationId, seqs: [seq], forEveryone: true });
  });
});

describe('an account whose deletion was cut off', () => {
  it('is whole or gone after the move, wherever that was, just as after a new start', async () => {
    let cutOff = 0;
    for (let commits = 0; ; commits += 1) {
      const store = await openStore();
      const before = await startChat({ store });
      const [ann] = [await before.join('ann'), await before.join('ben'), await before.join('cat')];
      for (const name of ['ben', 'cat', 'ann']) await say(before.chat, ann, name, 'hello');
      await before.chat.close();
      const dying = await startChat({ store: dyingAfter(store, commits) });
      const done = await dying.chat.accounts.delete(ann, { password }).then(
        () => true,
        () => false,
      );
      await dying.chat.close();
      const text = await exportText(store);

      const other = await openStore();
      await importText(other, text);
      const after = await startChat({ store: other });
      const restarted = await startChat({ store });
      expect(await checkStore(other)).toEqual([]);
      const gone = await restarted.chat.accounts.get('ann').then(
        () => false,
        () => true,
      );
      const names = gone ? ['ben', 'cat'] : ['ann', 'ben', 'cat'];
      expect(await answersOf(after.chat, names)).toEqual(await answersOf(restarted.chat, names));
      if (gone) expect((await after.join('ann')).accountId).not.toBe(ann.accountId);
      if (done) break;
      cutOff += 1;
    }
    expect(cutOff).toBeGreaterThan(6);
  });

  it('does not hinder another one whose change of password was cut off', async () => {
    const store = await openStore();
    const before = await startChat({ store });
    const ann = await before.join('ann');
    await before.chat.close();
    const change = { oldPassword: password, newPassword: 'another one' };
    const dying = await startChat({ store: dyingAfter(store, 1) });
    await expect(dying.chat.accounts.changePassword(ann, change)).rejects.toMatchObject(
      refusal('OUTCOME_UNKNOWN'),
    );
    const { chat } = await moved({ ...before, store });
    await chat.accounts.changePassword(await login(chat, 'ann'), change);
  });
});
