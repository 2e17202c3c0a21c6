import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keys } from '../../src/chat/keys.js';
import type { Message } from '../../src/chat/types.js';
import type { ReadRequest, Store } from '../../src/kv/store.js';
import { checkStore } from '../testkit/check-store.js';
import { Pair, step } from '../testkit/pair.js';
import type { Step } from '../testkit/pair.js';
import { storeOver } from '../testkit/store-over.js';
import { allPages, login, say, startChat } from '../testkit/test-chat.js';
import type { TestChat } from '../testkit/test-chat.js';
import { answersOf, exportText, importText, openStore } from '../testkit/transfer.js';

/** The store that an export reads: before each of its reads something happens in it. */
function busy(store: Store, happen: (requests: readonly ReadRequest[]) => Promise<void>): Store {
  return storeOver(store, {
    read: async (requests) => {
      await happen(requests);
      return store.read(requests);
    },
  });
}

/** Imports a text into a store of its own and starts a domain there, which finishes deletions. */
async function started(text: string): Promise<TestChat> {
  const store = await openStore();
  await importText(store, text);
  const real = await startChat({ store });
  expect(await checkStore(store)).toEqual([]);
  return real;
}

async function histories({ chat }: TestChat, names: readonly string[]): Promise<Map<string, Message[]>> {
  const found = new Map<string, Message[]>();
  for (const answer of await answersOf(chat, names)) {
    for (const messages of answer.histories) found.set(messages[0]?.conversationId ?? '', messages);
  }
  return found;
}

describe('an export of a server in use', () => {
  it('is whole within each account and conversation, whatever happens meanwhile', async () => {
    let happened = 0;
    const many = fc.array(step, { minLength: 30, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(many, many, fc.integer({ min: 1, max: 12 }), async (before, meanwhile, pageSize) => {
        const store = await openStore();
        const real = await startChat({ store });
        const pair = new Pair(real);
        const all: Step[] = (['ann', 'ben', 'cat'] as const).map((who) => ({ type: 'create', who }));
        await pair.run([...all, ...before]);
        const coming = [...meanwhile];
        const happen = async () => {
          const next = coming.splice(0, 2);
          happened += next.length;
          await pair.run(next);
        };
        const text = await exportText(busy(store, happen), { pageSize });
        await started(text);
        await real.chat.close();
      }),
      { numRuns: 25, endOnFailure: true },
    );
    expect(happened).toBeGreaterThan(100);
  });

  it('has all or nothing of what is deleted at once while a conversation is read', async () => {
    const store = await openStore();
    const real = await startChat({ store });
    const ann = await real.join('ann');
    for (let i = 0; i < 60; i += 1) await say(real.chat, ann, 'ann', `${i}`);
    const { conversationId } = await say(real.chat, ann, 'ann', 'last');
    const start = Buffer.from(keys.message(conversationId, 1));
    let deleted = 0;
    const text = await exportText(
      busy(store, async (requests) => {
        const reads = requests.some((request) => 'start' in request && start.compare(request.start) < 0);
        if (!reads || deleted >= 20) return;
        deleted += 1;
        // One message that has been read, one that has not.
        const seqs = [deleted, 62 - deleted];
        await real.chat.messages.delete(ann, { conversationId, seqs, forEveryone: true });
      }),
      { pageSize: 4 },
    );
    expect(deleted).toBeGreaterThan(5);
    const late = text.split('\n').filter((line) => line.startsWith('{"type":"deleted"'));
    expect(late.length).toBeGreaterThan(0);
    const fresh = await started(text);
    const [messages = []] = (await histories(fresh, ['ann'])).values();
    const gone = messages.filter((message) => message.deleted).map(({ seq }) => seq);
    expect(gone.length).toBeGreaterThan(20);
    for (const seq of gone) expect(gone).toContain(62 - seq);
  });

  it('counts as unread what was not hidden when the entry was read', async () => {
    const store = await openStore();
    const real = await startChat({ store });
    const ann = await real.join('ann');
    const conversationIds: string[] = [];
    for (const name of ['b', 'c', 'd', 'e', 'f', 'g', 'h']) {
      const caller = await real.join(name);
      for (const one of ['1', '2', '3']) await say(real.chat, caller, 'ann', one);
      conversationIds.push((await say(real.chat, caller, 'ann', '4')).conversationId);
    }
    let hidden = 0;
    const text = await exportText(
      busy(store, async () => {
        const conversationId = conversationIds[hidden % 7] ?? '';
        const seq = 1 + Math.floor(hidden / 7);
        if (seq > 4) return;
        hidden += 1;
        await real.chat.messages.delete(ann, { conversationId, seqs: [seq], forEveryone: false });
      }),
      { pageSize: 3 },
    );
    expect(hidden).toBe(28);
    await started(text);
  });

  it('has what was there when it began, but for what was deleted', async () => {
    const store = await openStore();
    const real = await startChat({ store });
    const callers = await Promise.all(['ann', 'ben', 'cat', 'dan'].map(real.join));
    const [ann, ben, , dan] = callers;
    if (!ann || !ben || !dan) throw new Error('nobody is there');
    for (let i = 0; i < 30; i += 1)
      for (const name of ['ben', 'cat', 'dan']) await say(real.chat, ann, name, `${i}`);
    const before = await histories(real, ['ann', 'ben', 'cat']);
    const { conversationId } = await say(real.chat, ann, 'ben', 'last');
    let reads = 0;
    const text = await exportText(
      busy(store, async () => {
        reads += 1;
        // The first two are before it begins; a name that comes after those read is read, too.
        if (reads <= 2 || reads > 40) return;
        await say(real.chat, ben, 'ann', `late ${reads}`);
        await say(real.chat, await real.join(`${reads % 2 ? 'aa' : 'zz'}${reads}`), 'ben', 'hello');
        // One message at the start of what is read, one at its end: both, or none.
        const seqs = [reads, 31 - reads];
        if (reads < 16) await real.chat.messages.delete(ann, { conversationId, seqs, forEveryone: true });
      }),
      { pageSize: 2 },
    );
    expect(reads).toBeGreaterThan(60);
    const fresh = await started(text);
    const after = await histories(fresh, ['ann', 'ben', 'cat']);
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    for (const [id, messages] of before) {
      const found = after.get(id) ?? [];
      for (const message of messages) {
        const same = found.find(({ seq }) => seq === message.seq);
        if (same?.deleted) expect(id).toBe(conversationId);
        else expect(same).toEqual(message);
      }
    }
    // Those who came meanwhile may have an account already, but no conversation yet.
    const benAgain = await login(fresh.chat, 'ben');
    const { items } = await fresh.chat.conversations.list(benAgain, { pageSize: 0, pageToken: '' });
    expect(items.map(({ title }) => title)).toEqual(['ann']);
    const accounts = await allPages((pageToken) =>
      fresh.chat.accounts.list({ pattern: 'zz*', pageSize: 0, pageToken }),
    );
    expect(accounts.length).toBeGreaterThan(5);
    for (const { username } of accounts) await say(fresh.chat, benAgain, username, 'hello again');
    const again = await fresh.chat.conversations.list(benAgain, { pageSize: 200, pageToken: '' });
    expect(again.items.filter(({ unreadCount }) => unreadCount > 0)).toHaveLength(1);
  });
});
