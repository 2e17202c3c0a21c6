import { expect, it } from 'vitest';
import { connect, login } from '../testkit/api-client.js';
import { TestBrowser } from '../testkit/browser.js';
import type { Person } from '../testkit/browser.js';
import { eventually } from '../testkit/deadline.js';
import { TestCluster } from '../testkit/test-cluster.js';

const browser = TestBrowser.use();
/** Milliseconds: generous, against hanging on a busy machine. */
const limit = 120_000;
/** Messages that each of the two writes at least before, and after, their nodes are killed. */
const some = 10;

it(
  'carries a conversation on when the nodes behind both pages are killed amid it',
  async () => {
    const cluster = await TestCluster.start(5);
    await cluster.pagesKnowAll();
    const [ann, ben] = [await browser.person(), await browser.person()];
    await ann.signUp(cluster.node(0).webAddress, 'ann');
    await ben.signUp(cluster.node(1).webAddress, 'ben');
    await ann.talkTo('ben');
    await ann.say('ben', 'Are you there?');
    await ben.page.getByRole('link', { name: /ann.*Are you there/ }).click();
    await ben.say('ann', 'I am, whatever fails.');
    await ann.messages('ben').filter({ hasText: 'whatever fails' }).waitFor();
    for (const { page } of [ann, ben]) await page.evaluate('window.sameDocument = true');

    // Both write without a pause; amid it their nodes are killed.
    const writers = [new Writer(ann, 'ann', 'ben'), new Writer(ben, 'ben', 'ann')];
    const writing = Promise.all(writers.map((writer) => writer.write()));
    for (const { person, name, other } of writers) {
      await person.messages(other).getByText(`${other} ${some}`, { exact: true }).waitFor();
      await person.messages(other).getByText(`${name} ${some}`, { exact: true }).waitFor();
      person.nodesFail = true;
    }
    await Promise.all([cluster.node(0).kill(), cluster.node(1).kill()]);
    for (const writer of writers) writer.left = some;
    const written = await writing;

    for (const { person, other } of writers) {
      await eventually(`all is there for ${other}'s partner, and sent`, async () => {
        const all = await said(person, other);
        return all.length === written.flat().length && (await person.unsent(other).count()) === 0;
      });
    }
    const shown = await said(ann, 'ben');
    expect(await said(ben, 'ann')).toEqual(shown);
    for (const [i, { name }] of writers.entries()) {
      expect(shown.filter((text) => text.startsWith(name))).toEqual(written[i]);
    }
    const client = connect(cluster.node(2).address);
    const target = { case: 'username' as const, value: 'ben' };
    const stored = await client.messages.listMessages({ target, pageSize: 200 }, await login(client, 'ann'));
    const texts = stored.messages.map(({ text }) => text).reverse();
    expect(texts.slice(2)).toEqual(shown);
    for (const { page } of [ann, ben]) expect(await page.evaluate('window.sameDocument')).toBe(true);

    // What the page had not shown yet does not come from its node any more.
    await ann.page.getByRole('link', { name: 'Cluster' }).click();
    await ann.page.getByText('node1 and node2 are down').first().waitFor();
    await ann.page.keyboard.press('?');
    await ann.page.getByRole('dialog').waitFor();
  },
  limit,
);

/** Somebody who writes one message after the other. */
class Writer {
  /** How many are still to be written. */
  left = Infinity;

  constructor(
    readonly person: Person,
    readonly name: string,
    readonly other: string,
  ) {}

  /** Returns what was written. */
  async write(): Promise<readonly string[]> {
    const written = [];
    for (let i = 0; this.left > 0; i += 1) {
      const text = `${this.name} ${i}`;
      await this.person.say(this.other, text);
      written.push(text);
      this.left -= 1;
    }
    return written;
  }
}

/** What both wrote amid it, in the order in which it is shown. */
async function said(person: Person, other: string): Promise<string[]> {
  const texts = await person.messages(other).allInnerTexts();
  return texts.flatMap((text) => /^(?:ann|ben) \d+$/m.exec(text)?.[0] ?? []);
}
