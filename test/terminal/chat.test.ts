import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { password } from '../testkit/chat-user.js';
import { CommandLine } from '../testkit/command-line.js';
import { eventually } from '../testkit/deadline.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import { TerminalPerson } from '../testkit/terminal-person.js';
import { TerminalScreen } from '../testkit/terminal-screen.js';

const ctrl = { c: '\u0003', n: '\u000e', t: '\u0014' };
const up = '\u001b[A';
const altDown = '\u001b[1;3B';
const altUp = '\u001b[1;3A';

async function start() {
  const server = await ServerProcess.start(await temporaryFolder());
  return { server, servers: [server.address] };
}

it('creates an account, finds somebody, and has a conversation', async () => {
  const { server, servers } = await start();
  const ben = await TerminalPerson.join(servers, 'ben');
  const shell = new CommandLine(await temporaryFolder(), '');
  const screen = TerminalScreen.open(['chat', '--server', server.address], { env: shell.env });
  await screen.answer(['No account yet?', ctrl.t], ['Once more', `ann\r${password}\rdiffers\r`]);
  await screen.answer(['The two passwords differ', `${password}\r${password}\r`]);
  await screen.shows('Holdfast · ann', '● standalone', server.address);
  // All in one go, as over a slow line: find, choose, write, send.
  await screen.answer(['No conversations yet', 'n?en\rAre you there?\r']);
  await screen.shows('ann: Are you there?', 'to ben');
  await screen.until('it is sent', () => !screen.text.includes('send…'));
  await ben.say('ann', 'I am.');
  await screen.shows('ben: I am.');
  const { items } = await ben.client.listMessages({ target: { username: 'ann' } });
  expect(items.map(({ text, seq }) => [seq, text])).toEqual([
    [2, 'I am.'],
    [1, 'Are you there?'],
  ]);
  screen.type(ctrl.c);
  expect(await screen.ended()).toBe(0);
});

it('remembers who is logged in, what was being written, and what is unread', async () => {
  const { servers } = await start();
  const [ann, ben, eve] = [
    await TerminalPerson.join(servers, 'ann'),
    await TerminalPerson.join(servers, 'ben'),
    await TerminalPerson.join(servers, 'eve'),
  ];
  await eve.say('ann', 'one');
  for (const text of ['first', 'second', 'third']) await ben.say('ann', text);
  const before = ann.chat();
  await before.until('ben has 3 unread', () => /ben +3/.test(before.rows[1] ?? ''));
  expect(before.rows[2]).toMatch(/eve +1/);
  await before.answer(['eve', '\r'], ['ben: third', 'Half a\u001b\rthought']);
  await before.shows('Half a', 'thought', 'new ─');
  await before.until('it is read', () => !/ben +3/.test(before.text));
  // To the other conversation and back at once: what is written for each stays with it.
  before.type(`${altDown}to eve${altUp}`);
  await before.shows('to ben', 'Half a', 'thought');
  before.type(altDown);
  await before.answer(['▌ to eve', '\u0015'], ['one', altUp]);
  await before.shows('Half a');
  before.type(ctrl.c);
  expect(await before.ended()).toBe(0);
  const { items } = await ann.client.listConversations();
  expect(items.map(({ title, unreadCount }) => [title, unreadCount])).toEqual([
    ['ben', 0],
    ['eve', 0],
  ]);

  const after = ann.chat();
  await after.answer(['ben', '\r'], ['thought', '.\r']);
  await after.shows('ann: Half a');
  await after.until('it is sent', () => !after.text.includes('send…'));
  const [last] = (await ben.client.listMessages({ target: { username: 'ann' } })).items;
  expect(last?.text).toBe('Half a\nthought.');
  after.type(ctrl.c);
  await after.ended();
  expect(await readdir(join(ann.home, 'drafts', ann.saved.accountId))).toEqual([]);
});

it('takes what is pasted as text, and sends nothing of it by itself', async () => {
  const { servers } = await start();
  const ann = await TerminalPerson.join(servers, 'ann');
  await TerminalPerson.join(servers, 'ben');
  const screen = ann.chat();
  await screen.answer(['No conversations', `${ctrl.n}ben\r`]);
  await screen.answer(['to ben', '\u001b[200~one\r\ttwo\u001b[31m\r\u0003three\u001b[201~']);
  await screen.shows('three');
  expect(screen.text).toContain('two␛[31m');
  expect(screen.text).not.toContain('ann:');
  screen.type('\r');
  await screen.shows('ann: one', '␃three');
  await screen.until('it is sent', () => !screen.text.includes('send…'));
  const { items } = await ann.client.listMessages({ target: { username: 'ben' } });
  expect(items.map(({ text }) => text)).toEqual(['one\n\ttwo\u001b[31m\n\u0003three']);
});

it('takes a long text that comes as single keys, as a paste does where the terminal does not mark it', async () => {
  const { servers } = await start();
  const ann = await TerminalPerson.join(servers, 'ann');
  await TerminalPerson.join(servers, 'ben');
  const screen = ann.chat();
  const text = `${'word '.repeat(3_275)}end.`;
  await screen.answer(['No conversations', `${ctrl.n}ben\r`], ['to ben', text], ['end.', '\r']);
  await eventually('it is sent', async () => {
    const { items } = await ann.client.listMessages({ target: { username: 'ben' } });
    return items.some((message) => message.text === text);
  });
});

it('deletes for oneself and for everyone, once that is confirmed', async () => {
  const { servers } = await start();
  const ann = await TerminalPerson.join(servers, 'ann');
  const ben = await TerminalPerson.join(servers, 'ben');
  for (const text of ['mine one', 'mine two']) await ann.say('ben', text);
  await ben.say('ann', 'yours');
  const screen = ann.chat();
  await screen.answer(['ben', '\r'], ['ben: yours', '\u001b']);
  await screen.answer(['↑↓ choose', `${up}d`], ['Delete this message?', 'n']);
  await screen.shows('ben: yours');
  await screen.answer(['ben: yours', 'd'], ['for me', 'm']);
  await screen.shows('It is deleted for you.');
  expect(screen.text).not.toContain('for everyone');
  await screen.showsNot('ben: yours');
  screen.type(`${up}${up}`);
  await screen.until('a message is marked', () => /▌\d\d:\d\d ann: mine one/.test(screen.text));
  await screen.answer(['mine one', 'd'], ['for everyone', 'e']);
  await screen.shows('ann: (deleted)', 'ann: mine two');
  const { items } = await ben.client.listMessages({ target: { username: 'ann' } });
  expect(items.map(({ text, deleted }) => [text, deleted])).toEqual([
    ['yours', false],
    ['mine two', false],
    ['', true],
  ]);
});

it('says in one line that it needs a terminal', async () => {
  const shell = new CommandLine(await temporaryFolder(), '');
  const outcome = await shell.run(['chat']);
  expect([outcome.status, outcome.out]).toEqual([2, '']);
  expect(outcome.err).toMatch(/^holdfast: chat needs a terminal.*\n$/);
});
