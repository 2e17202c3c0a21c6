import { expect, it } from 'vitest';
import { connect, join } from '../testkit/api-client.js';
import { TestBrowser } from '../testkit/browser.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const host = 'chat.test';
const browser = TestBrowser.use([`--host-resolver-rules=MAP ${host} 127.0.0.1`]);

it('works under a name over plain HTTP, where a browser gives a page less', async () => {
  const server = await ServerProcess.start(await temporaryFolder(), { config: { host: '127.0.0.1' } });
  const ben = await join(connect(server.address), 'ben');
  const ann = await browser.person({ hosts: [host] });
  await ann.signUp(server.webAddress.replace('127.0.0.1', host), 'ann');
  expect(await ann.page.evaluate('isSecureContext')).toBe(false);
  await ann.talkTo('ben');
  await ann.say('ben', 'over plain HTTP');
  const message = ann.messages('ben').filter({ hasText: 'over plain HTTP' });
  await message.getByText('Sent').waitFor();
  await message.focus();
  await ann.page.keyboard.press('Enter');
  await ann.page.getByRole('menuitem', { name: 'Copy text' }).click();
  await ann.page.getByText('Copied').waitFor({ state: 'attached' });
  await ann.field('ben').press('Control+v');
  expect(await ann.field('ben').inputValue()).toBe('over plain HTTP');
  await ann.page.reload();
  await ann.loggedInAs('ann');
  await ann.messages('ben').filter({ hasText: 'over plain HTTP' }).waitFor();
  await ann.page.goto(`${server.webAddress.replace('127.0.0.1', host)}/#/settings`);
  await ann.page.getByRole('heading', { name: 'Settings' }).waitFor();
  const target = { case: 'username' as const, value: 'ann' };
  const { messages } = await connect(server.address).messages.listMessages({ target }, ben);
  expect(messages).toHaveLength(1);
});
