import { expect, it } from 'vitest';
import { connect, login } from '../testkit/api-client.js';
import { TestBrowser } from '../testkit/browser.js';
import type { Person } from '../testkit/browser.js';
import { eventually } from '../testkit/deadline.js';
import { TestCluster } from '../testkit/test-cluster.js';

const browser = TestBrowser.use();
/** Messages that each of the two writes. */
const count = 40;

it('carries a conversation on when the nodes behind both pages are killed amid it', async () => {
  const cluster = await TestCluster.start(5);
  const [ann, ben] = [await browser.person(), await browser.person()];
  await ann.signUp(cluster.node(0).webAddress, 'ann');
  await ben.signUp(cluster.node(1).webAddress, 'ben');
  await ann.talkTo('ben');
  await ann.say('ben', 'Are you there?');
  await ben.page.getByRole('link', { name: /ann.*Are you there/ }).click();
  await ben.say('ann', 'I am, whatever fails.');
  await ann.messages('ben').filter({ hasText: 'whatever fails' }).waitFor();
  for (const { page } of [ann, ben]) await page.evaluate('window.sameDocument = true');

  // Both write without a pause. A third into it their nodes are killed.
  const writing = [write(ann, 'ann', 'ben'), write(ben, 'ben', 'ann')];
  await seen(ann, 'ben', `ben ${count / 4}`);
  await seen(ben, 'ann', `ann ${count / 4}`);
  for (const person of [ann, ben]) person.nodesFail = true;
  const before = await ann.messages('ben').count();
  await Promise.all([cluster.node(0).kill(), cluster.node(1).kill()]);
  await Promise.all(writing);
  expect(before).toBeLessThan(count);

  const complete = async (person: Person, other: string) =>
    eventually(`all is sent, as ${other}'s partner sees`, async () => {
      const rows = person.messages(other);
      return (await rows.count()) === 2 * count + 2 && (await person.unsent(other).count()) === 0;
    });
  await Promise.all([complete(ann, 'ben'), complete(ben, 'ann')]);
  const shown = await said(ann, 'ben');
  expect(await said(ben, 'ann')).toEqual(shown);
  for (const name of ['ann', 'ben']) {
    const own = shown.filter((text) => text.startsWith(name));
    expect(own).toEqual(Array.from({ length: count }, (_, i) => `${name} ${i}`));
  }
  const client = connect(cluster.node(2).address);
  const target = { case: 'username' as const, value: 'ben' };
  const stored = await client.messages.listMessages({ target, pageSize: 200 }, await login(client, 'ann'));
  const texts = stored.messages.map(({ text }) => text).reverse();
  expect(texts.slice(2)).toEqual(shown);
  for (const { page } of [ann, ben]) expect(await page.evaluate('window.sameDocument')).toBe(true);

  // What the page had not shown yet does not come from its node any more.
  await ann.page.getByRole('link', { name: 'Cluster' }).click();
  await ann.page.getByRole('heading', { name: /node1 and node2 are down/ }).waitFor();
  await ann.page.keyboard.press('?');
  await ann.page.getByRole('dialog').waitFor();
});

async function write(person: Person, own: string, other: string): Promise<void> {
  for (let i = 0; i < count; i += 1) await person.say(other, `${own} ${i}`);
}

async function seen(person: Person, other: string, text: string): Promise<void> {
  await person.messages(other).getByText(text, { exact: true }).waitFor();
}

/** What both wrote amid it, in the order in which it is shown. */
async function said(person: Person, other: string): Promise<string[]> {
  const texts = await person.messages(other).allInnerTexts();
  return texts.flatMap((text) => /^(?:ann|ben) \d+$/m.exec(text)?.[0] ?? []);
}
