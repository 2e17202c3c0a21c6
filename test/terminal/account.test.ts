import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { clientOf, password } from '../testkit/chat-user.js';
import { eventually } from '../testkit/deadline.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import { TerminalPerson } from '../testkit/terminal-person.js';

const down = '\u001b[B';

async function start() {
  const server = await ServerProcess.start(await temporaryFolder());
  const servers = [server.address];
  return { servers, ann: await TerminalPerson.join(servers, 'ann') };
}

it('changes the password, ends other sessions, and asks to log in again when its own has ended', async () => {
  const { servers, ann } = await start();
  const request = { username: 'ann', password, deviceName: 'the old phone' };
  const phone = await clientOf(servers).logIn(request);
  const screen = ann.chat();
  await screen.answer(['No conversations', 's']);
  await screen.shows('the old phone', 'this one');
  const isMarked = () => /▌.*the old phone/.test(screen.text);
  if (!isMarked()) screen.type(down);
  await screen.until('it is marked', isMarked);
  await screen.answer(['the old phone', 'x'], ['End it?', 'x']);
  await screen.showsNot('the old phone');
  await expect(clientOf(servers).as(phone.saved.token).listSessions()).rejects.toMatchObject({
    sessionOver: true,
  });

  await screen.answer(['Sessions', '\u001b'], ['No conversations', 'ap']);
  await screen.answer(['Once more', `wrong\tbattery staple\tbattery staple\r`]);
  await screen.shows('password');
  await screen.until('it is refused', () => screen.rows.some((row) => /wrong|not match/i.test(row)));
  screen.type(`\t${'\u007f'.repeat(5)}${password}\t\t\r`);
  await screen.shows('Your password is changed');
  const { saved } = await clientOf(servers).logIn({ ...request, password: 'battery staple' });

  await clientOf(servers)
    .as(saved.token)
    .revokeSession(await ownSession(ann));
  await screen.shows('Log in', 'Username  ann');
  screen.type('battery staple\r');
  await screen.shows('Holdfast · ann', 'No conversations');
});

it('logs out, and deletes the account with everything that was kept here', async () => {
  const { ann } = await start();
  const screen = ann.chat();
  await screen.answer(['No conversations', '\u000eann\r'], ['to ann', 'never sent']);
  await eventually('the draft is kept', () => existsSync(join(ann.home, 'drafts', ann.saved.accountId)));
  await screen.answer(['never sent', '\u000f'], ['log out', 'o'], ['No account yet?', '']);
  expect(await readdir(join(ann.home, 'sessions'))).toEqual([]);
  screen.type(`ann\r${password}\r`);
  await screen.answer(['Holdfast · ann', '\u000f'], ['Menu', 'a'], ['delete the account', 'd']);
  await screen.answer(['for ever', `${password}\r`], ['No account yet?', '']);
  expect(await readdir(join(ann.home, 'drafts'))).toEqual([]);
  screen.type(`ann\r${password}\r`);
  await screen.until('it is refused', () => screen.rows.some((row) => /wrong|not match/i.test(row)));
});

async function ownSession(person: TerminalPerson): Promise<string> {
  const sessions = await person.client.listSessions();
  return sessions.find(({ current }) => current)?.id ?? '';
}
