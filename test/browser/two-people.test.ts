import { expect, it } from 'vitest';
import { TestBrowser } from '../testkit/browser.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const browser = TestBrowser.use();

it('lets two people talk', async () => {
  const server = await ServerProcess.start(await temporaryFolder(), { config: { host: '127.0.0.1' } });
  const ann = await browser.person();
  const ben = await browser.person();
  await ann.signUp(server.webAddress, 'ann');
  await ben.signUp(server.webAddress, 'ben');
  await ann.talkTo('ben');
  await ann.say('ben', 'Are you there?');
  await ben.page.getByRole('link', { name: /ann.*Are you there/ }).click();
  await ben.say('ann', 'I am, whatever fails.');
  await ann.messages('ben').getByText('I am, whatever fails.').waitFor();
  console.log(await ann.messages('ben').allInnerTexts());
  await ann.page.screenshot({ path: '/tmp/wsx/ann.png' });
  expect(1).toBe(1);
});
