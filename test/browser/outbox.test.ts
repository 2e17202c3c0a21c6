import { expect, it } from 'vitest';
import { connect, join } from '../testkit/api-client.js';
import type { ApiClient } from '../testkit/api-client.js';
import { TestBrowser, phone } from '../testkit/browser.js';
import { eventually } from '../testkit/deadline.js';
import { freePorts } from '../testkit/free-port.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import { TestCluster } from '../testkit/test-cluster.js';

const browser = TestBrowser.use();
/** Milliseconds: generous, against hanging on a busy machine. */
const limit = 120_000;

it(
  'keeps what is written without a majority, through reloads, and sends it once',
  async () => {
    const cluster = await TestCluster.start(3);
    await cluster.pagesKnowAll();
    const [node, second, third] = [cluster.node(0), cluster.node(1), cluster.node(2)];
    const ben = await join(node.client, 'ben');
    const ann = await browser.person();
    await ann.signUp(node.webAddress, 'ann');
    await ann.talkTo('ben');
    await ann.say('ben', 'before');
    await ann.messages('ben').filter({ hasText: 'before' }).getByText('Sent').waitFor();
    ann.nodesFail = true;
    await Promise.all([second.kill(), third.kill()]);
    for (const text of ['first', 'second']) await ann.say('ben', text);
    const waits = (text: string) => ann.unsent('ben').filter({ hasText: text }).getByText('Waiting');
    await waits('first').waitFor();
    for (const text of ['third', 'fourth']) {
      await ann.page.reload();
      await ann.loggedInAs('ann');
      await waits('second').waitFor();
      await ann.say('ben', text);
      await waits(text).waitFor();
    }

    await second.start();
    await eventually('all is sent', async () => {
      const rows = ann.messages('ben');
      return (await rows.count()) === 5 && (await ann.unsent('ben').count()) === 0;
    });
    const sent = ['before', 'first', 'second', 'third', 'fourth'];
    expect(await texts(node.client, ben, 'ann')).toEqual(sent);
  },
  limit,
);

it('sends once what was on its way when the server was killed and the tab closed', async () => {
  const [port = 0, webPort = 0] = await freePorts(2);
  const folder = await temporaryFolder();
  const config = { host: '127.0.0.1', port, web_port: webPort };
  const server = await ServerProcess.start(folder, { config });
  const ben = await join(connect(server.address), 'ben');
  const ann = await browser.person();
  await ann.signUp(server.webAddress, 'ann');
  await ann.talkTo('ben');
  ann.nodesFail = true;
  const said = Array.from({ length: 20 }, (_, i) => `number ${i}`);
  for (const [i, text] of said.entries()) {
    await ann.say('ben', text);
    if (i === 10) await server.kill();
  }
  await ann.unsent('ben').filter({ hasText: 'number 19' }).getByText('Waiting').waitFor();
  await ann.closeTab();

  const again = await ServerProcess.start(folder, { config });
  await ann.page.goto(again.webAddress);
  await ann.loggedInAs('ann');
  // Nothing has to be opened for it.
  await ann.page.getByRole('link', { name: /ben.*number 19/ }).waitFor();
  expect(await texts(connect(again.address), ben, 'ann')).toEqual(said);
});

it('says so where the browser keeps nothing, and asks before it forgets what waits', async () => {
  const server = await ServerProcess.start(await temporaryFolder(), { config: { host: '127.0.0.1' } });
  const ben = await join(connect(server.address), 'ben');
  const ann = await browser.person();
  const { page } = ann;
  await page.addInitScript('IDBFactory.prototype.open = () => { throw new Error("refused"); }');
  await ann.signUp(server.webAddress, 'ann');
  await page.getByText('lasts only while this tab is open').waitFor();
  await ann.talkTo('ben');
  let asked = 0;
  page.on('dialog', (dialog) => {
    asked += dialog.type() === 'beforeunload' ? 1 : 0;
    void dialog.dismiss();
  });
  ann.nodesFail = true;
  await ann.context.setOffline(true);
  await ann.say('ben', 'waits here');
  await ann.unsent('ben').getByText('Waiting, in this tab only').waitFor();
  // On a phone the list, which says so, is not beside it.
  await page.setViewportSize(phone);
  await page.getByRole('region', { name: 'Conversation' }).getByText('1 message waits').waitFor();
  // It is left where it is: nothing comes of the reload.
  await page.evaluate('location.reload()');
  await eventually('the browser has asked', () => asked === 1);
  await ann.context.setOffline(false);
  await ann.messages('ben').getByText('Sent').waitFor();
  expect(await texts(connect(server.address), ben, 'ann')).toEqual(['waits here']);
});

async function texts(client: ApiClient, caller: object, username: string): Promise<string[]> {
  const target = { case: 'username' as const, value: username };
  const { messages } = await client.messages.listMessages({ target, pageSize: 200 }, caller);
  return messages.map(({ text }) => text).reverse();
}
