import { expect, it } from 'vitest';
import { password } from '../testkit/chat-user.js';
import { eventually } from '../testkit/deadline.js';
import { freePorts } from '../testkit/free-port.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import { TerminalPerson } from '../testkit/terminal-person.js';

const up = '\u001b[A';

it('keeps what can not be sent, also over a restart, and sends it once when it can', async () => {
  const folder = await temporaryFolder();
  const [port = 0] = await freePorts(1);
  const config = { port, host: '127.0.0.1' };
  const server = await ServerProcess.start(folder, { config });
  const ann = await TerminalPerson.join([server.address], 'ann');
  const ben = await TerminalPerson.join([server.address], 'ben');
  await ben.say('ann', 'hello');
  const screen = ann.chat();
  await screen.answer(['ben', '\r']);
  await screen.shows('ben: hello');
  await server.kill();
  await screen.shows('reconnecting …');
  screen.type('one\rtwo\r');
  await screen.shows('ann: one', 'ann: two', 'No server can be reached');
  expect(screen.text).toMatch(/(send…|wait…) ann: two/);
  // Dropped before it was ever tried.
  screen.type(`\u001b`);
  await screen.answer(['↑↓ choose', `${up}x`], ['Drop this message?', 'x']);
  await screen.shows('It is dropped.');
  screen.type('\u0003');
  expect(await screen.ended()).toBe(0);

  const again = ann.chat();
  await again.answer(['connecting …', '\r']);
  await again.shows('ann: one');
  await ServerProcess.start(folder, { config });
  await again.until('it is sent', () => /\d\d:\d\d ann: one/.test(again.text));
  const { items } = await ben.client.listMessages({ target: { username: 'ann' } });
  expect(items.map(({ text }) => text)).toEqual(['one', 'hello']);
});

it('says why a message was refused, lets it be edited or dropped, and keeps it until then', async () => {
  const server = await ServerProcess.start(await temporaryFolder());
  const ann = await TerminalPerson.join([server.address], 'ann');
  const ben = await TerminalPerson.join([server.address], 'ben');
  const screen = ann.chat();
  await screen.answer(['No conversations', '\u000eben\r']);
  await screen.shows('to ben');
  await ben.client.deleteAccount(password);
  screen.type('to nobody\r');
  await screen.shows('error ann: to nobody', 'Not sent: ');
  await screen.until('it is marked in the list', () => /ben +!/.test(screen.text));
  screen.type(`\u001b`);
  await screen.answer(['↑↓ choose', `${up}e`], ['editing', ' at all\r']);
  await screen.shows('error ann: to nobody at all');
  screen.type(`\u001b`);
  await screen.answer(['↑↓ choose', `${up}x`], ['It was not sent.', 'x']);
  await screen.shows('It is dropped.', 'No messages yet');
});

it('tells at once what can not be sent at all, and leaves it to be changed', async () => {
  const server = await ServerProcess.start(await temporaryFolder());
  const ann = await TerminalPerson.join([server.address], 'ann');
  const screen = ann.chat();
  await screen.answer(
    ['No conversations', '\u000eann\r'],
    ['to ann', `\u001b[200~${'x'.repeat(16_385)}\u001b[201~`],
  );
  await screen.until('it is in the text', () => (screen.text.match(/x/g)?.length ?? 0) > 100);
  screen.type('\r');
  await screen.shows('A text has at most 16 KiB');
  screen.type('\u007f\r');
  await eventually('it is sent', async () => {
    const { items } = await ann.client.listMessages({ target: { username: 'ann' } });
    return items.some(({ text }) => text.length === 16_384);
  });
});
