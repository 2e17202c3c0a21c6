import { describe, expect, it } from 'vitest';
import { OutboxFolder } from '../../src/client-node/outbox-folder.js';
import { startNodes } from '../testkit/chat-nodes.js';
import { ChatUser, clientOf, password, signUp } from '../testkit/chat-user.js';
import { eventually } from '../testkit/deadline.js';
import { ServerProcess } from '../testkit/server-process.js';
import { DamagedWire } from '../testkit/damaged-wire.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

function numbered(name: string, count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, i) => `${name} ${from + i}`);
}

/** What is stored between the two, by number. */
async function stored(servers: readonly string[], as: { readonly token: string }, username: string) {
  const client = clientOf(servers).as(as.token);
  const found = [];
  for (let pageToken = ''; ;) {
    const page = await client.listMessages({ target: { username }, afterSeq: 0, pageSize: 200, pageToken });
    found.push(...page.items);
    pageToken = page.nextPageToken;
    if (pageToken === '') return found;
  }
}

/** Two nodes on one store, each behind a wire of its own. */
async function wiredNodes() {
  const nodes = await startNodes(2);
  const [first, second] = await Promise.all(nodes.map((address) => DamagedWire.to(address)));
  if (!first || !second) throw new Error('there are two nodes');
  const servers = [first.address, second.address];
  const [ann, ben] = [await signUp(servers, 'ann'), await signUp(servers, 'ben')];
  return { nodes, first, second, servers, ann, ben };
}

describe('a server that is killed and started again, while people send and watch', () => {
  it('loses, doubles and reorders nothing', async () => {
    const folder = await temporaryFolder();
    let server = await ServerProcess.start(folder);
    const servers = [server.address];
    const port = Number(server.address.split(':').at(-1));
    const saved = [await signUp(servers, 'ann'), await signUp(servers, 'ben')] as const;
    const [ann, ben] = [await ChatUser.start(saved[0]), await ChatUser.start(saved[1])];
    await ann.watch();
    await ben.watch();
    let sent = 0;
    const rounds = 3;
    for (let round = 0; round < rounds; round += 1) {
      const before = ben.texts().length;
      const texts = numbered('a', 60, sent);
      sent += texts.length;
      // The outbox sends them one after the other: the kill comes in the middle.
      await Promise.all(texts.flatMap((text) => [ann.say('ben', text), ben.say('ann', `re: ${text}`)]));
      await eventually('some have arrived', () => ben.texts().length > before + 20);
      await server.kill();
      expect(ann.session.outbox.entries.length + ben.session.outbox.entries.length).toBeGreaterThan(0);
      server = await ServerProcess.start(folder, { config: { port } });
    }
    await ann.allSent();
    await ben.allSent();
    const all = await stored(servers, saved[0], 'ben');
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, i) => i + 1));
    const expected = numbered('a', sent);
    const by = (sender: string) => all.filter((message) => message.sender === sender).map(({ text }) => text);
    expect([by('ann'), by('ben')]).toEqual([expected, expected.map((text) => `re: ${text}`)]);
    for (const user of [ann, ben]) {
      await eventually('everything has arrived', () => user.texts().length >= all.length);
      expect(user.texts()).toEqual(all.map(({ text }) => text));
      expect(user.states.filter(({ state }) => state === 'reconnecting').length).toBeGreaterThanOrEqual(
        rounds,
      );
    }
  });
});

describe('one of two servers fails', () => {
  it.each(['hang', 'deaf', 'cut'] as const)(
    '%s: sending and watching go on through the other',
    async (mode) => {
      const { first, second, servers, ann: savedAnn, ben: savedBen } = await wiredNodes();
      const [ann, ben] = [await ChatUser.start(savedAnn), await ChatUser.start(savedBen)];
      await ann.watch();
      await ben.watch();
      await ann.say('ben', 'before');
      await ann.allSent();
      const began = performance.now();
      first.set(mode);
      for (const text of numbered('during', 20)) await ann.say('ben', text);
      await ann.allSent();
      // The wire is still damaged: all went the other way, and soon.
      expect(performance.now() - began).toBeLessThan(10_000);
      second.set('cut');
      first.set('forward');
      for (const text of numbered('after', 5)) await ann.say('ben', text);
      await ann.allSent();
      const expected = ['before', ...numbered('during', 20), ...numbered('after', 5)];
      const all = await stored(servers, savedAnn, 'ben');
      expect(all.map(({ text }) => text)).toEqual(expected);
      for (const user of [ann, ben]) {
        await eventually('everything has arrived', () => user.texts().length >= expected.length, 60_000);
        expect(user.texts()).toEqual(expected);
      }
    },
  );

  it('costs a login, or a call that must not be made twice, some seconds', async () => {
    const { first, servers, ann } = await wiredNodes();
    first.set('hang');
    const login = { username: 'ann', password, deviceName: '' };
    const change = { oldPassword: password, newPassword: 'another horse' };
    for (const act of [
      () => clientOf(servers).logIn(login),
      () => clientOf(servers).as(ann.token).changePassword(change),
    ]) {
      const began = performance.now();
      await act();
      expect(performance.now() - began).toBeLessThan(6_000);
    }
  });
});

describe('a program that is killed', () => {
  it('has its messages sent by the next one, once and in order, also those whose answer was lost', async () => {
    const { nodes, first, second, ann: saved } = await wiredNodes();
    const folder = await temporaryFolder();
    const storage = () => new OutboxFolder(folder, saved.accountId);
    const dying = await ChatUser.start(saved, storage());
    await dying.say('ben', 'one');
    await dying.allSent();
    const conversationId = (await stored(nodes, saved, 'ben'))[0]?.conversationId ?? '';
    for (const wire of [first, second]) wire.set('deaf');
    // Known, so that nothing has to be asked first, and the message goes out at once.
    const target = { conversationId, username: 'ben' };
    for (const text of ['two', 'three']) await dying.session.outbox.add({ target, text, knownSeq: 1 });
    await eventually('it is stored, though its sender can not know', async () => {
      return (await stored(nodes, saved, 'ben')).length === 2;
    });
    await dying.end();
    expect(await storage().load()).toHaveLength(2);
    for (const wire of [first, second]) wire.set('forward');
    const next = await ChatUser.start(saved, storage());
    await next.say('ben', 'four');
    await next.allSent();
    const all = await stored(nodes, saved, 'ben');
    expect(all.map(({ text }) => text)).toEqual(['one', 'two', 'three', 'four']);
  });
});
