import { expect, it } from 'vitest';
import type { Locator } from 'playwright-core';
import { connect, join, password } from '../testkit/api-client.js';
import { TestBrowser } from '../testkit/browser.js';
import type { Person } from '../testkit/browser.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const browser = TestBrowser.use();

it('takes a person from signing up to a first message, and on, with the keyboard alone', async () => {
  const server = await ServerProcess.start(await temporaryFolder(), { config: { host: '127.0.0.1' } });
  const client = connect(server.address);
  const ben = await join(client, 'ben');
  const ann = await browser.person();
  const { page } = ann;
  const { keyboard } = page;
  await page.goto(server.webAddress);
  await tabTo(ann, page.getByRole('button', { name: 'Make an account' }));
  await keyboard.press('Enter');
  await tabTo(ann, page.getByRole('textbox', { name: 'Username' }));
  await keyboard.type('ann');
  await tabTo(ann, page.getByRole('textbox', { name: 'Password', exact: true }));
  await keyboard.type(password);
  await keyboard.press('Enter');
  await ann.loggedInAs('ann');

  await keyboard.press('Control+k');
  await keyboard.type('be');
  await page.getByRole('navigation', { name: 'People' }).getByRole('link', { name: 'ben' }).waitFor();
  await keyboard.press('ArrowDown');
  await keyboard.press('Enter');
  await isFocused(ann.field('ben'));
  await keyboard.type('a line');
  await keyboard.press('Shift+Enter');
  await keyboard.type('and another');
  await keyboard.press('Enter');
  await ann.messages('ben').getByText('Sent').waitFor();
  const target = { case: 'username' as const, value: 'ann' };
  const { messages } = await client.messages.listMessages({ target }, ben);
  expect(messages.map(({ text }) => text)).toEqual(['a line\nand another']);

  // To the message, its menu, and back again with what was deleted.
  await isFocused(ann.field('ben'));
  await keyboard.press('ArrowUp');
  await isFocused(ann.messages('ben').last());
  await keyboard.press('Enter');
  await isFocused(page.getByRole('menu').or(page.getByRole('menuitem')));
  await keyboard.press('End');
  await isFocused(page.getByRole('menuitem', { name: 'Delete for everyone' }));
  await keyboard.press('Enter');
  await ann.messages('ben').getByText('Message deleted').waitFor();
  await keyboard.press('Control+z');
  await ann.messages('ben').getByText('a line').waitFor();
  await keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
});

it('takes a key that is pressed as soon as something was chosen from a menu', async () => {
  const server = await ServerProcess.start(await temporaryFolder(), { config: { host: '127.0.0.1' } });
  await join(connect(server.address), 'ben');
  const ann = await browser.person();
  const { page } = ann;
  await ann.signUp(server.webAddress, 'ann');
  await ann.talkTo('ben');
  await ann.say('ben', 'a line');
  await ann.messages('ben').getByText('Sent').waitFor();
  await ann.messages('ben').last().focus();
  // Within the page, as no hand is quicker than a menu that grows.
  const chosen = page.evaluate(`(async () => {
    const press = (target, key, ctrlKey = false) =>
      target.dispatchEvent(new KeyboardEvent('keydown', { key, ctrlKey, bubbles: true, cancelable: true }));
    const turn = () => new Promise((resolve) => setTimeout(resolve));
    const grows = () => {
      const menu = document.querySelector('[role=menu]');
      return menu !== null && getComputedStyle(menu).animationName !== 'none';
    };
    while (!grows()) await turn();
    press([...document.querySelectorAll('[role=menuitem]')].at(-1), 'Enter');
    await turn();
    const deleted = [...document.querySelectorAll('[data-row=message]')].at(-1)?.textContent;
    press(document.body, 'z', true);
    return deleted;
  })()`);
  await page.keyboard.press('Enter');
  expect(await chosen).toContain('Message deleted');
  await ann.messages('ben').getByText('a line').waitFor();
});

/** Forward through the page until it has the focus, as anyone can see. */
async function tabTo(person: Person, wanted: Locator): Promise<void> {
  await wanted.waitFor();
  const focused = wanted.and(person.page.locator(':focus-visible'));
  for (let i = 0; i < 30 && (await focused.count()) === 0; i += 1) await person.page.keyboard.press('Tab');
  expect(await focused.count()).toBe(1);
}

async function isFocused(wanted: Locator): Promise<void> {
  await wanted.and(wanted.page().locator(':focus')).waitFor();
}
