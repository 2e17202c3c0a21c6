import { expect, it } from 'vitest';
import { connect, join } from '../testkit/api-client.js';
import { TestBrowser } from '../testkit/browser.js';
import { TestCluster } from '../testkit/test-cluster.js';

const browser = TestBrowser.use();

it('opens the page again while the node that it came from is dead', async () => {
  const cluster = await TestCluster.start(3);
  await cluster.pagesKnowAll();
  const [node, other] = [cluster.node(0), cluster.node(1)];
  const client = connect(other.address);
  const ben = await join(client, 'ben');
  const ann = await browser.person();
  await ann.signUp(node.webAddress, 'ann');
  await ann.talkTo('ben');
  await ann.say('ben', 'before');
  await ann.messages('ben').filter({ hasText: 'before' }).getByText('Sent').waitFor();
  // What the browser keeps is complete once the page's worker is at work.
  await ann.page.evaluate('navigator.serviceWorker.ready.then(() => true)');
  ann.nodesFail = true;
  await node.kill();
  await ann.page.reload();
  await ann.loggedInAs('ann');
  await ann.messages('ben').filter({ hasText: 'before' }).waitFor();
  await ann.say('ben', 'after');
  await ann.messages('ben').filter({ hasText: 'after' }).getByText('Sent').waitFor();
  const target = { case: 'username' as const, value: 'ann' };
  const { messages } = await client.messages.listMessages({ target }, ben);
  expect(messages.map(({ text }) => text)).toEqual(['after', 'before']);
});
