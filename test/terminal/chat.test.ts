import { expect, it } from 'vitest';
import { CommandLine } from '../testkit/command-line.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import { TerminalScreen } from '../testkit/terminal-screen.js';

const password = 'correct horse';

it('creates an account, finds somebody, and has a conversation', async () => {
  const server = await ServerProcess.start(await temporaryFolder());
  const ben = new CommandLine(await temporaryFolder(), server.address);
  await ben.run(['account', 'create', 'ben'], `${password}\n`);
  const { env } = new CommandLine(await temporaryFolder(), server.address);
  const ann = TerminalScreen.open(['chat'], { env });
  await ann.answer(['Log in', '\u0014'], ['Once more', `ann\r${password}\r${password}\r`]);
  await ann.shows('Holdfast · ann', 'No conversations yet', server.address);
  ann.type('nb?n');
  await ann.shows('ben');
  ann.type('\r');
  await ann.answer(['to ben', 'Are you there?\r']);
  await ann.shows('ann: Are you there?');
  console.log(ann.text, ann.cursor);
  expect((await ben.run(['read', 'ann'])).out).toContain('Are you there?');
  await ben.run(['send', 'ann', 'I am.']);
  await ann.shows('ben: I am.');
  console.log(ann.text, ann.cursor);
  ann.type('\u0003');
  expect(await ann.ended()).toBe(0);
  expect([ann.isFullScreen, ann.modes]).toEqual([false, { wraps: true, bracketedPaste: false }]);
});
