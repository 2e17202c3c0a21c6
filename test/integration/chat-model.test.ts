import { onTestFinished, describe, expect, it } from 'vitest';
import { ChatModel } from '../../src/client/chat-model.js';
import type { ChatModelOptions } from '../../src/client/chat-model.js';
import { ChatSession } from '../../src/client/chat-session.js';
import { ClientError } from '../../src/client/client-error.js';
import { MemoryOutboxStorage } from '../../src/client/outbox-storage.js';
import type { Timeline } from '../../src/client/timeline.js';
import type { SavedSession, Target } from '../../src/client/types.js';
import { startNodes } from '../testkit/chat-nodes.js';
import { clientOf, password, signUp } from '../testkit/chat-user.js';
import { eventually } from '../testkit/deadline.js';
import { DamagedWire } from '../testkit/damaged-wire.js';

async function start(saved: SavedSession, options: ChatModelOptions = {}, patience?: number) {
  const { model, session } = await begin(saved, options, patience);
  await eventually('the list is there', () => model.getSnapshot().loaded);
  return { model, session };
}

async function begin(saved: SavedSession, options: ChatModelOptions = {}, patience?: number) {
  const client = clientOf(saved.servers, patience);
  const session = await ChatSession.open({ client, saved, storage: new MemoryOutboxStorage() });
  const model = new ChatModel(session, options);
  model.start();
  onTestFinished(() => model.close());
  return { model, session };
}

const texts = (timeline: Timeline) => timeline.getSnapshot().messages.map(({ text }) => text);
const settled = (timeline: Timeline) => eventually('it is loaded', () => !timeline.getSnapshot().loading);

async function say(saved: SavedSession, username: string, text: string): Promise<number> {
  const client = clientOf(saved.servers).as(saved.token);
  const message = await client.sendMessage({
    target: { username },
    text,
    clientMessageId: client.random.id(),
  });
  return message.seq;
}

describe('ChatModel', () => {
  it('shows a conversation from its first message on, to both', async () => {
    const servers = await startNodes(1);
    const [ann, ben] = [await start(await signUp(servers, 'ann')), await start(await signUp(servers, 'Ben'))];
    const toBen = ann.model.open({ username: 'ben' });
    await settled(toBen);
    await toBen.send('one');
    expect(ann.model.getSnapshot().beginnings).toEqual([{ username: 'ben', pending: 1 }]);
    expect(toBen.getSnapshot().pending).toMatchObject([{ text: 'one' }]);
    await eventually('it is sent', () => texts(toBen).length === 1);
    expect(toBen.getSnapshot()).toMatchObject({ pending: [], hasOlder: false, hasNewer: false });
    await eventually('nothing waits', () => ann.model.getSnapshot().waiting === 0);
    expect(ann.model.getSnapshot().beginnings).toEqual([]);
    await eventually('ben has it', () => ben.model.getSnapshot().conversations.length === 1);
    const [conversation] = ben.model.getSnapshot().conversations;
    expect(conversation).toMatchObject({ title: 'ann', unreadCount: 1, lastMessage: { text: 'one' } });
    const toAnn = ben.model.open({ conversationId: conversation?.id ?? '' });
    await settled(toAnn);
    toAnn.markRead();
    expect(ben.model.getSnapshot().conversations[0]?.unreadCount).toBe(0);
    await toAnn.send('two');
    await eventually('ann has it', () => texts(toBen).length === 2);
    expect([texts(toBen), texts(toAnn)]).toEqual([
      ['one', 'two'],
      ['one', 'two'],
    ]);
    const ofBen = ben.session.client;
    await eventually('the servers know', async () => {
      return (await ofBen.listConversations()).items[0]?.readSeq === 1;
    });
  });

  it('stays at the place of its reader when loading fails and the connection comes back', async () => {
    const servers = await startNodes(1);
    const wire = await DamagedWire.to(servers[0] ?? '');
    const [ann, ben] = [await signUp(servers, 'ann'), await signUp(servers, 'ben')];
    for (let i = 1; i <= 12; i += 1) await say(ann, 'ben', `m${i}`);
    const { model } = await start({ ...ben, servers: [wire.address] }, { windowSize: 12, pageSize: 4 }, 200);
    const timeline = model.open({ username: 'ann' });
    await settled(timeline);
    await timeline.loadOlder();
    const seqs = () => timeline.getSnapshot().messages.map(({ seq }) => seq);
    expect(seqs()[0]).toBe(5);
    wire.set('cut');
    await timeline.loadOlder();
    expect(timeline.getSnapshot().problem).toBeDefined();
    const seen: (number | undefined)[] = [];
    timeline.subscribe(() => seen.push(seqs()[0]));
    wire.set('forward');
    await eventually('the rest is there', () => seqs()[0] === 1);
    expect(timeline.getSnapshot().problem).toBeUndefined();
    expect(seqs()).toHaveLength(12);
    // At no moment was it somewhere else.
    expect(new Set(seen)).toEqual(new Set([5, 1]));
  });

  it('keeps a part of a long conversation, and moves through it', async () => {
    const servers = await startNodes(1);
    const [ann, ben] = [await signUp(servers, 'ann'), await signUp(servers, 'ben')];
    for (let i = 1; i <= 60; i += 1) await say(ann, 'ben', `m${i}`);
    const { model } = await start(ben, { windowSize: 30, pageSize: 20 });
    const timeline = model.open({ username: 'ann' });
    await settled(timeline);
    const range = () => {
      const { messages, hasOlder, hasNewer } = timeline.getSnapshot();
      return [messages[0]?.seq, messages.at(-1)?.seq, hasOlder, hasNewer];
    };
    expect(range()).toEqual([41, 60, true, false]);
    await Promise.all([timeline.loadOlder(), timeline.loadOlder()]);
    expect(range()).toEqual([21, 50, true, true]);
    await timeline.loadOlder();
    await timeline.loadOlder();
    expect(range()).toEqual([1, 30, false, true]);
    await say(ann, 'ben', 'm61');
    await eventually('the list has it', () => model.getSnapshot().conversations[0]?.headSeq === 61);
    expect(range()).toEqual([1, 30, false, true]);
    await timeline.loadNewer();
    await timeline.loadNewer();
    expect(range()).toEqual([32, 61, true, false]);
    await say(ann, 'ben', 'm62');
    await eventually('it is there', () => timeline.getSnapshot().messages.at(-1)?.seq === 62);
    expect(range()).toEqual([33, 62, true, false]);
    await timeline.loadOlder();
    await timeline.showLatest();
    expect(range()).toEqual([43, 62, true, false]);
    await timeline.showFrom(30);
    expect(range()).toEqual([26, 45, true, true]);
    await timeline.showFrom(3);
    expect(range()).toEqual([1, 20, false, true]);
    await timeline.showFrom(60);
    expect(range()).toEqual([56, 62, true, false]);
    expect(model.getSnapshot().conversations[0]?.unreadCount).toBe(62);
  });

  it('begins where reading was left off, also before the list is there and beyond its first page', async () => {
    const servers = await startNodes(1);
    const [me, ann, ben] = [
      await signUp(servers, 'me'),
      await signUp(servers, 'ann'),
      await signUp(servers, 'ben'),
    ];
    for (let i = 1; i <= 40; i += 1) await say(ann, 'me', `m${i}`);
    for (const friend of [ben, await signUp(servers, 'cleo'), me]) await say(friend, 'me', 'later');
    const client = clientOf(servers).as(me.token);
    const { items } = await client.listConversations({ pageSize: 10 });
    const conversationId = items.find(({ title }) => title === 'ann')?.id ?? '';
    const shown = async (target: Target, readSeq: number) => {
      await client.markRead({ conversationId, seq: readSeq });
      const { model } = await begin(me, { pageSize: 10 });
      const timeline = model.open(target, { begin: 'unread' });
      await settled(timeline);
      const { messages, hasOlder, hasNewer } = timeline.getSnapshot();
      return [messages[0]?.seq, messages.at(-1)?.seq, hasOlder, hasNewer];
    };
    expect(await shown({ username: 'ann' }, 10)).toEqual([9, 18, true, true]);
    expect(await shown({ conversationId }, 12)).toEqual([11, 20, true, true]);
    // The list's first page does not have it.
    const { model } = await begin(me, { pageSize: 1 });
    const timeline = model.open({ username: 'ann' }, { begin: 'unread' });
    await settled(timeline);
    expect(timeline.getSnapshot().messages).toMatchObject([{ seq: 13 }]);
    expect(await shown({ username: 'ann' }, 33)).toEqual([31, 40, true, false]);
    expect(await shown({ username: 'ben' }, 40)).toEqual([1, 1, false, false]);
    const nobody = model.open({ username: 'nobody' }, { begin: 'unread' });
    await settled(nobody);
    expect(nobody.getSnapshot()).toMatchObject({ messages: [], problem: { reason: 'ACCOUNT_NOT_FOUND' } });
  });

  it('finds conversations that are not in the part of the list that was read', async () => {
    const servers = await startNodes(1);
    const me = await signUp(servers, 'me');
    const friends: SavedSession[] = [];
    for (let i = 0; i < 7; i += 1) {
      const friend = await signUp(servers, `friend${i}`);
      friends.push(friend);
      await say(friend, 'me', 'first');
    }
    const { model } = await start(me, { pageSize: 2 });
    const titles = () => model.getSnapshot().conversations.map(({ title }) => title);
    expect([titles(), model.getSnapshot().hasMore]).toEqual([['friend6', 'friend5'], true]);
    const [oldest] = friends;
    if (oldest) await say(oldest, 'me', 'again');
    await eventually('it is at the top', () => titles()[0] === 'friend0');
    expect(model.getSnapshot().conversations[0]).toMatchObject({ unreadCount: 2 });
    while (model.getSnapshot().hasMore) await model.loadMore();
    expect(titles()).toEqual(['friend0', 'friend6', 'friend5', 'friend4', 'friend3', 'friend2', 'friend1']);
  });

  it('shows what is refused, and ends with the session', async () => {
    const servers = await startNodes(1);
    const saved = await signUp(servers, 'ann');
    const { model, session } = await start(saved);
    const timeline = model.open({ username: 'nobody' });
    await eventually('it fails', () => timeline.getSnapshot().problem?.reason === 'ACCOUNT_NOT_FOUND');
    await timeline.send('hi');
    await eventually('it is refused', () => model.getSnapshot().refused === 1);
    expect(timeline.getSnapshot().pending).toMatchObject([
      { state: 'refused', problem: { reason: 'ACCOUNT_NOT_FOUND' } },
    ]);
    expect(model.getSnapshot()).toMatchObject({ waiting: 0, connection: { state: 'connected' } });
    await session.client.logOut();
    await eventually('it ends', () => model.getSnapshot().connection.state === 'ended');
    const { connection } = model.getSnapshot();
    expect(connection.state === 'ended' && connection.error).toBeInstanceOf(ClientError);
    expect(session.ended?.sessionOver).toBe(true);
  });

  it('gives the same snapshot until something changes, and one notice for many changes', async () => {
    const servers = await startNodes(1);
    const [ann, ben] = [await signUp(servers, 'ann'), await signUp(servers, 'ben')];
    const { model } = await start(ben);
    await say(ann, 'ben', 'one');
    await eventually('it is there', () => model.getSnapshot().conversations.length === 1);
    const timeline = model.open({ username: 'ann' });
    await settled(timeline);
    const before = [model.getSnapshot(), timeline.getSnapshot()];
    expect([model.getSnapshot(), timeline.getSnapshot()]).toEqual(before);
    expect(model.getSnapshot()).toBe(before[0]);
    expect(timeline.getSnapshot()).toBe(before[1]);
    let notices = 0;
    const end = model.subscribe(() => (notices += 1));
    await Promise.all(Array.from({ length: 5 }, () => timeline.send('x')));
    await Promise.resolve();
    end();
    expect(notices).toBeGreaterThan(0);
    expect(notices).toBeLessThan(5 * 3);
    expect(model.getSnapshot()).not.toBe(before[0]);
  });

  it.each([1, 2, 3])(
    'shows what the servers hold, whatever was done while wires were cut: %i',
    async (seed) => {
      const nodes = await startNodes(2);
      const wires = await Promise.all(nodes.map((address) => DamagedWire.to(address)));
      const servers = wires.map(({ address }) => address);
      const me = { ...(await signUp(nodes, 'me')), servers };
      const others = await Promise.all(['ann', 'ben', 'cat'].map((name) => signUp(nodes, name)));
      const { model } = await start(me, { windowSize: 15, pageSize: 6 });
      const open = others.map(({ username }) => model.open({ username }));
      const direct = clientOf(nodes).as(me.token);
      const theirs = others.map(({ token }) => clientOf(nodes).as(token));
      const random = draws(seed);
      const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)] as T;
      for (let i = 0; i < 200; i += 1) {
        const which = Math.floor(random() * others.length);
        const [timeline, other] = [pick(open), theirs[which]];
        const ofOther = (await other?.listMessages({ target: { username: 'me' } }))?.items ?? [];
        const act = random();
        if (act < 0.4) await say(others[which] ?? me, 'me', `said ${i}`);
        else if (act < 0.55) await timeline.send(`mine ${i}`);
        else if (act < 0.65) timeline.markRead();
        else if (act < 0.7 && ofOther.length > 0) {
          const { conversationId, seq } = pick(ofOther);
          await direct.markRead({ conversationId, seq });
        } else if (act < 0.8 && ofOther.length > 0) {
          const { conversationId, seq } = pick(ofOther);
          await direct.deleteMessages({ conversationId, seqs: [seq], forEveryone: false });
        } else if (act < 0.87) {
          const own = ofOther.filter(({ senderId }) => senderId === others[which]?.accountId);
          const [one] = own;
          if (one) {
            const request = { conversationId: one.conversationId, seqs: [one.seq], forEveryone: true };
            await other?.deleteMessages(request);
          }
        } else if (act < 0.9) pick(wires).set('cut');
        else if (act < 0.94) for (const wire of wires) wire.set('forward');
        else {
          const load = pick(['loadOlder', 'loadNewer', 'showLatest'] as const);
          void timeline[load]();
        }
      }
      await theirs[2]?.deleteAccount(password);
      for (const wire of wires) wire.set('forward');
      await eventually('nothing waits', () => model.getSnapshot().waiting === 0);
      // Without what the model adds; undefined does not count.
      const shown = () => model.getSnapshot().conversations.map((one) => ({ ...one, activity: undefined }));
      const held = async () => (await direct.listConversations({ pageSize: 200 })).items;
      const same = async () => JSON.stringify(shown()) === JSON.stringify(await held());
      await eventually('the list is the same', same).catch(async () => expect(shown()).toEqual(await held()));
      for (const timeline of open) {
        const shownHere = () => timeline.getSnapshot().messages;
        // What the servers hold of the same stretch.
        const heldHere = async () => {
          const { messages, hasNewer, conversation } = timeline.getSnapshot();
          const target = { conversationId: conversation?.id ?? '' };
          const afterSeq = (messages[0]?.seq ?? 1) - 1;
          const { items } = await direct.listMessages({ target, afterSeq, pageSize: 200 });
          const to = hasNewer ? messages.at(-1)?.seq : Infinity;
          return items.filter(({ seq }) => seq <= (to ?? 0));
        };
        await settled(timeline);
        const alike = async () => JSON.stringify(shownHere()) === JSON.stringify(await heldHere());
        await eventually('the messages are the same', alike).catch(async () =>
          expect(shownHere()).toEqual(await heldHere()),
        );
      }
    },
  );
});

/** Numbers from 0 to 1 that a seed decides. */
function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
