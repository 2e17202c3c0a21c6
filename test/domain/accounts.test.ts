import { describe, expect, it } from 'vitest';
import { keys } from '../../src/chat/keys.js';
import { decodeKey } from '../../src/kv/key-codec.js';
import { eventually } from '../testkit/deadline.js';
import { dyingAfter } from '../testkit/faulty-store.js';
import { storeOver } from '../testkit/store-over.js';
import { allPages, login, password, say, startChat } from '../testkit/test-chat.js';
import { openStore } from '../testkit/transfer.js';

const refusal = (reason: string) => expect.objectContaining({ name: 'ChatError', reason }) as unknown;

/** The reason for which a call was refused. */
async function reasonOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'none',
    (error: unknown) => (error as { reason?: string }).reason ?? String(error),
  );
}

describe('usernames', () => {
  it('belong to one account, whoever is first (G7)', async () => {
    const { chat } = await startChat();
    for (let round = 0; round < 20; round += 1) {
      const names = [`ann${round}`, `ANN${round}`, `Ann${round}`, `aNN${round}`];
      const made = await Promise.allSettled(
        names.map((username) => chat.accounts.create({ username, password })),
      );
      const winners = made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      const losers = made.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      expect(winners).toHaveLength(1);
      expect(losers).toEqual([1, 2, 3].map(() => refusal('USERNAME_TAKEN')));
      expect(await chat.accounts.get(`ann${round}`)).toEqual(winners[0]);
    }
  });

  it('are found by wildcard, in order, on pages that neither miss nor repeat one', async () => {
    const { chat } = await startChat();
    const names = ['Zoe', 'ann', 'Anna', 'ben', 'joanna', 'an.na', 'x_1', 'x-1'];
    for (const username of names) await chat.accounts.create({ username, password });
    const found = async (pattern: string, pageSize = 3) => {
      const all = await allPages(async (pageToken) => {
        const page = await chat.accounts.list({ pattern, pageSize, pageToken });
        expect(page.items.length).toBeLessThanOrEqual(pageSize);
        return page;
      });
      return all.map(({ username }) => username);
    };
    expect(await found('')).toEqual(['an.na', 'ann', 'Anna', 'ben', 'joanna', 'x-1', 'x_1', 'Zoe']);
    expect(await found('*')).toEqual(await found(''));
    expect(await found('AN*')).toEqual(['an.na', 'ann', 'Anna']);
    expect(await found('*anna')).toEqual(['Anna', 'joanna']);
    expect(await found('a?n')).toEqual(['ann']);
    expect(await found('a?.na')).toEqual(['an.na']);
    expect(await found('a?')).toEqual([]);
    expect(await found('an.na')).toEqual(['an.na']);
    expect(await found('x?1', 1)).toEqual(['x-1', 'x_1']);
    expect(await found('[a-z]*')).toEqual([]);
    expect(await found('nobody')).toEqual([]);
  });

  it('are not looked through for a pattern that none can match', async () => {
    const { chat: first, store } = await startChat();
    for (const username of ['ann', 'ben', 'cy']) await first.accounts.create({ username, password });
    let reads = 0;
    const counted = storeOver(store, {
      read: (requests, options) => {
        reads += 1;
        return store.read(requests, options);
      },
    });
    const { chat } = await startChat({ store: counted });
    reads = 0;
    for (const pattern of ['\u00e9*', '*\u00e9', 'a\u00e9*', ' *', '?/']) {
      const page = await chat.accounts.list({ pattern, pageSize: 1, pageToken: '' });
      expect(page).toEqual({ items: [], nextPageToken: '' });
    }
    expect(reads).toBe(0);
  });
});

describe('sessions', () => {
  it('end at once when they are revoked, expire, or their account changes its password', async () => {
    const { chat, clock, join } = await startChat();
    const phone = await join('ann');
    const token = async (secret = password) =>
      (await chat.sessions.login({ username: 'ann', password: secret, deviceName: 'laptop' })).token;
    const [revoked, other, kept] = [await token(), await token(), await token()];
    const caller = await chat.sessions.authenticate(revoked);
    expect((await chat.sessions.list(phone)).map(({ deviceName }) => deviceName).sort()).toEqual([
      '',
      'laptop',
      'laptop',
      'laptop',
    ]);
    await chat.sessions.revoke(phone, caller.sessionId);
    expect(await reasonOf(chat.sessions.authenticate(revoked))).toBe('SESSION_ENDED');
    const changer = await chat.sessions.authenticate(kept);
    await chat.accounts.changePassword(changer, { oldPassword: password, newPassword: 'another one' });
    expect(await reasonOf(chat.sessions.authenticate(other))).toBe('SESSION_ENDED');
    expect(await chat.sessions.authenticate(kept)).toEqual(changer);
    expect(await reasonOf(token())).toBe('CREDENTIALS_WRONG');
    expect(await reasonOf(token('another one'))).toBe('none');
    clock.now += 91 * 24 * 3_600_000;
    expect(['SESSION_EXPIRED', 'SESSION_ENDED']).toContain(await reasonOf(chat.sessions.authenticate(kept)));
  });
});

describe('looking at a session', () => {
  /** Reads of sessions are counted, and wait while they are held. */
  async function startWatched() {
    const store = await openStore();
    const looks: (() => void)[] = [];
    let held = false;
    let count = 0;
    const watched = storeOver(store, {
      read: async (...args) => {
        const [first] = args[0];
        if (first && 'key' in first && decodeKey(first.key)[2] === 's') {
          count += 1;
          const snapshot = await store.read(...args);
          if (held) await new Promise<void>((resolve) => looks.push(resolve));
          return snapshot;
        }
        return store.read(...args);
      },
    });
    const started = await startChat({ store: watched });
    const { token } = await (async () => {
      await started.chat.accounts.create({ username: 'ann', password });
      return started.chat.sessions.login({ username: 'ann', password, deviceName: '' });
    })();
    const release = () => {
      held = false;
      for (const look of looks.splice(0)) look();
    };
    return { ...started, token, looks: () => count, hold: () => (held = true), release };
  }

  it('is done once for calls that come together, and ahead of time for one who calls on', async () => {
    const { chat, clock, token, looks, hold, release } = await startWatched();
    hold();
    const calls = Array.from({ length: 10 }, () => chat.sessions.authenticate(token));
    await eventually('the look is under way', () => looks() === 1);
    release();
    await Promise.all(calls);
    expect(looks()).toBe(1);
    clock.now += 600;
    // Answered from what is known, which is looked at meanwhile.
    hold();
    await chat.sessions.authenticate(token);
    await eventually('it is looked at again', () => looks() === 2);
    release();
    clock.now += 600;
    await chat.sessions.authenticate(token);
    clock.now += 1_100;
    await chat.sessions.authenticate(token);
    expect(looks()).toBeGreaterThan(2);
  });

  it('is done ahead of time for many sessions at once', async () => {
    const { chat, clock, token, looks } = await startWatched();
    const login = async () => chat.sessions.login({ username: 'ann', password, deviceName: '' });
    const others = await Promise.all(Array.from({ length: 20 }, login));
    const tokens = [token, ...others.map((one) => one.token)];
    for (const one of tokens) await chat.sessions.authenticate(one);
    const before = looks();
    clock.now += 600;
    for (const one of tokens) await chat.sessions.authenticate(one);
    await eventually('they are looked at', () => looks() > before);
    clock.now += 600;
    // All of them are known to be live, without another look.
    for (const one of tokens) await chat.sessions.authenticate(one);
    expect(looks()).toBe(before + 1);
  });

  it('is taken on trust for 1 s, also by a node whose clock goes back', async () => {
    const { chat, store } = await startChat();
    await chat.accounts.create({ username: 'ann', password });
    const { token } = await chat.sessions.login({ username: 'ann', password, deviceName: '' });
    const clock = { now: 1_700_000_000_000, elapsed: 0 };
    const { chat: other } = await startChat({ store, clock });
    await other.sessions.authenticate(token);
    await chat.sessions.logout(await chat.sessions.authenticate(token));
    clock.now -= 3_600_000;
    clock.elapsed += 1_000;
    expect(await reasonOf(other.sessions.authenticate(token))).toBe('SESSION_ENDED');
  });

  it('is not shared by a call that comes after the session was ended here', async () => {
    const { chat, token, looks, hold, release } = await startWatched();
    const caller = await chat.sessions.authenticate(token);
    const other = (await chat.sessions.login({ username: 'ann', password, deviceName: '' })).token;
    hold();
    const early = chat.sessions.authenticate(other);
    await eventually('the look is under way', () => looks() === 2);
    const ended = chat.accounts.changePassword(caller, { oldPassword: password, newPassword: 'another one' });
    await ended;
    const late = chat.sessions.authenticate(other);
    release();
    await early;
    expect(await reasonOf(late)).toBe('SESSION_ENDED');
  });
});

describe('deleting an account', () => {
  it('frees the name for an account that sees nothing of the old one', async () => {
    const { chat, join } = await startChat();
    const [ann, ben] = [await join('ann'), await join('ben')];
    await say(chat, ann, 'ben', 'from the old ann');
    expect(await reasonOf(chat.accounts.delete(ann, { password: 'wrong' }))).toBe('PASSWORD_WRONG');
    await chat.accounts.delete(ann, { password });
    const [old] = (await chat.conversations.list(ben, { pageSize: 0, pageToken: '' })).items;
    expect(old).toMatchObject({ closed: true, title: '', headSeq: 1 });
    const newAnn = await join('ann');
    expect((await chat.conversations.list(newAnn, { pageSize: 0, pageToken: '' })).items).toEqual([]);
    const target = { conversationId: old?.id ?? '' };
    const send = { target, text: 'late', clientMessageId: 'late', knownSeq: undefined };
    expect(await reasonOf(chat.messages.send(ben, send))).toBe('CONVERSATION_CLOSED');
    expect(await reasonOf(chat.messages.send(newAnn, send))).toBe('CONVERSATION_NOT_FOUND');
    const fresh = await say(chat, ben, 'ann', 'to the new ann');
    expect(fresh.seq).toBe(1);
    const query = { target, pageSize: 0, pageToken: '', beforeSeq: undefined, afterSeq: undefined };
    const [kept] = (await chat.messages.list(ben, query)).items;
    expect(kept).toMatchObject({ text: 'from the old ann', sender: '', senderDeleted: true });
  });

  it('stores no message after it was acknowledged, whatever was on its way', async () => {
    const { chat, join } = await startChat();
    const ben = await join('ben');
    for (let round = 0; round < 10; round += 1) {
      const ann = await join('ann');
      const first = await say(chat, ben, 'ann', 'hello');
      const target = { conversationId: first.conversationId };
      const sends = Array.from({ length: 20 }, (_, i) =>
        chat.messages.send(i % 2 ? ann : ben, {
          target,
          text: 'racing',
          clientMessageId: `${round}.${i}`,
          knownSeq: undefined,
        }),
      );
      const settled = Promise.allSettled(sends);
      await chat.accounts.delete(ann, { password });
      const head = async () => {
        const { items } = await chat.conversations.list(ben, { pageSize: 200, pageToken: '' });
        return items.find(({ id }) => id === first.conversationId)?.headSeq;
      };
      const atDeletion = await head();
      const stored = (await settled).filter(({ status }) => status === 'fulfilled').length;
      expect(await head()).toBe(atDeletion);
      expect(atDeletion).toBe(stored + 1);
    }
  });

  it('is finished by another node when its own has died', async () => {
    const store = await openStore();
    const survivor = await startChat({ store, sweep: 10 });
    const [ann] = [await survivor.join('ann'), await survivor.join('ben')];
    await say(survivor.chat, ann, 'ben', 'hello');
    const dying = await startChat({ store: dyingAfter(store, 3) });
    expect(await reasonOf(dying.chat.accounts.delete(ann, { password }))).not.toBe('none');
    await eventually('the name is free', async () => {
      return (await reasonOf(survivor.join('ann'))) === 'none';
    });
    const tasks = await store.read([keys.tasks()]);
    expect(tasks.results[0]).toEqual([]);
  });

  it('is finished by the next start, wherever it was interrupted', async () => {
    let interrupted = 0;
    for (let commits = 0; ; commits += 1) {
      const store = await openStore();
      const before = await startChat({ store });
      const [ann, ben] = [await before.join('ann'), await before.join('ben')];
      const { conversationId } = await say(before.chat, ann, 'ben', 'hello');
      await before.chat.close();
      const dying = await startChat({ store: dyingAfter(store, commits) });
      const outcome = await reasonOf(dying.chat.accounts.delete(ann, { password }));
      await dying.chat.close();
      const after = await startChat({ store });
      if (outcome !== 'none') interrupted += 1;
      const send = { target: { conversationId }, text: 'late', clientMessageId: 'l', knownSeq: undefined };
      const found = { intact: false };
      await eventually('the account is whole or gone', async () => {
        found.intact = (await reasonOf(login(after.chat, 'ann'))) === 'none';
        if (found.intact) return true;
        if ((await reasonOf(after.chat.accounts.get('ann'))) !== 'ACCOUNT_NOT_FOUND') return false;
        return (await reasonOf(after.chat.messages.send(ben, send))) === 'CONVERSATION_CLOSED';
      });
      if (outcome === 'none') expect(found.intact).toBe(false);
      if (!found.intact) expect((await after.join('ann')).accountId).not.toBe(ann.accountId);
      if (outcome === 'none') break;
    }
    // Its steps really were separate commits, each of which was interrupted.
    expect(interrupted).toBeGreaterThan(3);
  });
});
