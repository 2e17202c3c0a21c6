import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, it } from 'vitest';
import { connect, join } from '../testkit/api-client.js';
import { TestBrowser, desktop, phone } from '../testkit/browser.js';
import type { Person } from '../testkit/browser.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const browser = TestBrowser.use();
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string }[] };

it.each([
  ['a desktop', { viewport: desktop }],
  ['a phone', { viewport: phone, isMobile: true, hasTouch: true }],
])('has no violation that axe would find on any page, on %s, in light and in dark', async (_, device) => {
  const server = await ServerProcess.start(await temporaryFolder(), { config: { host: '127.0.0.1' } });
  const client = connect(server.address);
  const [ben, gone] = [await join(client, 'ben'), await join(client, 'gone')];
  const ann = await browser.person({ ...device, reducedMotion: 'reduce' });
  // A refused password is part of what is looked at.
  ann.nodesFail = true;
  const { page } = ann;
  const found: string[] = [];
  const look = async (what: string) => {
    for (const line of await violations(ann)) found.push(`${what}: ${line}`);
  };

  await page.goto(server.webAddress);
  await page.getByRole('textbox', { name: 'Username' }).fill('ben');
  await page.getByRole('textbox', { name: 'Password', exact: true }).fill('a wrong one');
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page
    .getByText(/password/i)
    .and(page.locator('[id$=-note], [role=alert], [role=status]'))
    .first()
    .waitFor();
  await look('a refused login');
  await ann.signUp(server.webAddress, 'ann');
  await look('no conversations');
  const target = { case: 'username' as const, value: 'ann' };
  const say = async (text: string, id: string, caller = ben) =>
    client.messages.sendMessage({ target, text, clientMessageId: id }, caller);
  await say('I will be gone', 'g1', gone);
  await client.accounts.deleteAccount({ password: 'correct horse' }, gone);
  await say('`code`, https://example.com and\n```\na block\n```', 'b1');
  await say('new', 'b2');
  await page.getByRole('link', { name: /ben.*new/ }).waitFor();
  await look('unread conversations');
  await page.getByRole('searchbox', { name: 'Find people' }).fill('b*');
  await page.getByRole('navigation', { name: 'People' }).getByRole('link', { name: 'ben' }).waitFor();
  await look('people');
  await page.getByRole('navigation', { name: 'People' }).getByRole('link', { name: 'ben' }).click();
  await ann.say('ben', 'An answer.');
  await ann.messages('ben').last().getByText('Sent').waitFor();
  await look('a conversation');
  await ann.messages('ben').last().focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Select' }).waitFor();
  await look("a message's menu");
  await page.getByRole('menuitem', { name: 'Select' }).click();
  await page.getByRole('checkbox').first().waitFor();
  await look('selected messages');
  await page.keyboard.press('Escape');
  for (const [path, text] of [
    ['#/settings', 'Delete account'],
    ['#/cluster', 'Applied revision'],
    ['#/with/nobody-there', 'There is nobody called'],
  ] as const) {
    await page.goto(`${server.webAddress}/${path}`);
    await page.getByText(text).first().waitFor();
    await look(path);
  }
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await look('shortcuts');
  await page.keyboard.press('Escape');
  await page.goto(`${server.webAddress}/#/`);
  await page.getByRole('link', { name: /Deleted account/ }).click();
  await page.getByText('nothing more can be sent').waitFor();
  await look('with a deleted account');
  expect(found).toEqual([]);
});

/** By the page's own look at itself, in both color schemes. */
async function violations({ page }: Person): Promise<string[]> {
  const found = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe);
    const options = JSON.stringify({ runOnly: rules, resultTypes: ['violations'] });
    const result = await page.evaluate<{ violations: Violation[] }>(`axe.run(document, ${options})`);
    for (const { id, nodes } of result.violations) {
      // Where a menu stands it is not for the landmarks to say; axe itself leaves out dialogs.
      if (id === 'region' && nodes.every(({ html }) => html.includes('data-radix-popper-co'))) continue;
      found.push(...nodes.map(({ html }) => `${colorScheme}: ${id}: ${html.slice(0, 200)}`));
    }
  }
  return found;
}
