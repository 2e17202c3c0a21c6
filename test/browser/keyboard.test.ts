import { expect, it } from 'vitest';
import type { Locator } from 'playwright-core';
import { connect, join, password } from '../testkit/api-client.js';
import { TestBrowser } from '../testkit/browser.js';
import type { Person } from '../testkit/browser.js';
import { eventually } from '../testkit/deadline.js';
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
  const chosen = page.evaluate<string>(chooseAndUndo);
  await page.keyboard.press('Enter');
  expect(await chosen).toContain('Message deleted');
  await ann.messages('ben').getByText('a line').waitFor();
});

/** Runs in the page: takes the last entry of a menu that still grows, then takes it back. What was said in between. */
const chooseAndUndo = `(async () => {
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
  const said = [...document.querySelectorAll('[data-row=message]')].at(-1).textContent;
  press(document.body, 'z', true);
  return said;
})()`;

it('opens who is found first when Enter is pressed before the answer is there', async () => {
  const server = await ServerProcess.start(await temporaryFolder(), { config: { host: '127.0.0.1' } });
  const client = connect(server.address);
  for (const name of ['ben', 'hans', 'hiro']) await join(client, name);
  const ann = await browser.person();
  const { page } = ann;
  await ann.signUp(server.webAddress, 'ann');
  await ann.talkTo('ben');
  await ann.say('ben', 'the first of the list');
  // What was found before is still shown while the rest is typed.
  await page.keyboard.press('Control+k');
  await page.keyboard.type('h');
  const people = page.getByRole('navigation', { name: 'People' });
  await people.getByRole('link', { name: 'hans' }).waitFor();
  await page.keyboard.type('iro');
  await page.keyboard.press('Enter');
  await isFocused(ann.field('hiro'));
  await page.keyboard.press('Control+k');
  await page.keyboard.type('hans');
  await page.keyboard.press('Enter');
  await isFocused(ann.field('hans'));
  await page.keyboard.press('Control+k');
  await page.keyboard.type('nobody at all');
  await page.keyboard.press('Enter');
  await people.getByText('Nobody found').waitFor();
  expect(page.url()).toContain('/with/hans');
});

it('goes from one conversation to the next out of the field where one writes, and shows it in the list', async () => {
  const server = await ServerProcess.start(await temporaryFolder(), { config: { host: '127.0.0.1' } });
  const client = connect(server.address);
  const names = Array.from({ length: 14 }, (_, i) => `p${i}`);
  const target = { case: 'username' as const, value: 'ann' };
  const ann = await browser.person({ viewport: { width: 1_280, height: 600 } });
  const { page } = ann;
  await ann.signUp(server.webAddress, 'ann');
  for (const name of names) {
    const text = `from ${name}`;
    await client.messages.sendMessage({ target, text, clientMessageId: name }, await join(client, name));
  }
  const row = (name: string) =>
    page.getByRole('navigation', { name: 'Conversations' }).getByRole('link', { name });
  await row('p13').click();
  await isFocused(ann.field('p13'));
  for (let i = 12; i >= 0; i -= 1) {
    await page.keyboard.press('Alt+ArrowDown');
    await isFocused(ann.field(`p${i}`));
  }
  await inSight(row('p0'));
  await page.keyboard.press('Alt+ArrowUp');
  await isFocused(ann.field('p1'));
});

it('leaves the focus near a message that was deleted, and with the writing after what is undone', async () => {
  const server = await ServerProcess.start(await temporaryFolder(), { config: { host: '127.0.0.1' } });
  await join(connect(server.address), 'ben');
  const ann = await browser.person();
  const { page } = ann;
  const { keyboard } = page;
  await ann.signUp(server.webAddress, 'ann');
  await ann.talkTo('ben');
  for (const text of ['one', 'two', 'three']) await ann.say('ben', text);
  await ann.messages('ben').nth(2).getByText('Sent').waitFor();
  const message = (text: string) => ann.messages('ben').filter({ hasText: text });

  await message('two').focus();
  await keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Delete for me' }).focus();
  await keyboard.press('Enter');
  await isFocused(message('three'));
  await keyboard.press('ArrowUp');
  await isFocused(message('one'));
  await page.getByRole('button', { name: 'Undo' }).focus();
  await keyboard.press('Enter');
  await message('two').waitFor();
  await isFocused(ann.field('ben'));

  // What is selected goes with the bar above it.
  await message('three').focus();
  await keyboard.press('Space');
  await page.getByRole('button', { name: 'Delete for me' }).focus();
  await keyboard.press('Enter');
  await isFocused(message('two'));
  await keyboard.press('Space');
  await page.getByRole('button', { name: 'Stop selecting' }).focus();
  await keyboard.press('Enter');
  await isFocused(ann.field('ben'));
  await page.getByRole('button', { name: 'Emoji' }).click();
  await page.getByRole('dialog', { name: 'Emoji' }).waitFor();
  await keyboard.press('Escape');
  await isFocused(page.getByRole('button', { name: 'Emoji' }));
});

it('finds people from within a conversation where the list makes room for it', async () => {
  const server = await ServerProcess.start(await temporaryFolder(), { config: { host: '127.0.0.1' } });
  await join(connect(server.address), 'ben');
  // A desktop's at 200 %.
  const ann = await browser.person({ viewport: { width: 640, height: 400 } });
  await ann.signUp(server.webAddress, 'ann');
  await ann.talkTo('ben');
  await ann.page.keyboard.press('Control+k');
  await isFocused(ann.page.getByRole('searchbox', { name: 'Find people' }));
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

/** Of the list that it is in. */
async function inSight(wanted: Locator): Promise<void> {
  const list = wanted.page().getByRole('navigation', { name: 'Conversations' });
  await eventually('it is in sight', async () => {
    const [row, frame] = [await wanted.boundingBox(), await list.boundingBox()];
    return row !== null && frame !== null && row.y >= frame.y && row.y + row.height <= frame.y + frame.height;
  });
}
