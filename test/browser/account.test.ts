import { expect, it } from 'vitest';
import { connect, password, refusalOf } from '../testkit/api-client.js';
import { TestBrowser } from '../testkit/browser.js';
import type { Person } from '../testkit/browser.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const browser = TestBrowser.use();
const other = 'battery staple';

it('keeps a login, ends sessions, changes the password and deletes the account', async () => {
  const server = await ServerProcess.start(await temporaryFolder(), { config: { host: '127.0.0.1' } });
  const { accounts, sessions } = connect(server.address);
  const [here, elsewhere, third] = [
    await browser.person(),
    await browser.person(),
    await browser.person({ userAgent: 'Mozilla/5.0 (iPhone)' }),
  ];
  // Ended sessions are refused, and a browser notes every refusal.
  for (const person of [here, elsewhere, third]) person.nodesFail = true;
  await here.signUp(server.webAddress, 'ann');
  await here.page.reload();
  await here.loggedInAs('ann');
  // The token is not among what a script can read.
  const kept = await here.page.evaluate<string>(readAllThatIsKept);
  expect(kept).toContain('"username":"ann"');
  expect(kept).not.toContain('hf1_');
  // Nor in what the page's components have.
  const reached = await here.page.evaluate<readonly string[]>(readAllOfReact);
  expect(reached).toContain('ann');
  expect(reached.filter((text) => text.includes('hf1_'))).toEqual([]);
  await elsewhere.logIn(server.webAddress, 'ann');
  await third.logIn(server.webAddress, 'ann');

  await settings(here, server);
  const ending = here.page.getByRole('button', { name: /End the session/ });
  await ending.nth(1).waitFor();
  await here.page.getByRole('button', { name: /End the session .*iP/ }).click();
  await third.page.getByText(/session was ended/).waitFor();
  await third.page.getByRole('button', { name: 'Log in', exact: true }).waitFor();

  await here.page.getByRole('textbox', { name: 'Current password' }).fill(password);
  await here.page.getByRole('textbox', { name: 'New password' }).fill(other);
  await here.page.getByRole('button', { name: 'Change password' }).click();
  await elsewhere.page.getByText(/session was ended/).waitFor();
  await here.page.getByText('Changed. Every other session has ended.').waitFor();
  await ending.waitFor({ state: 'detached' });
  await sessions.login({ username: 'ann', password: other, deviceName: 'test' });

  await here.page.getByRole('button', { name: 'Delete account…' }).click();
  const dialog = here.page.getByRole('dialog', { name: 'Delete ann?' });
  await dialog.getByRole('textbox', { name: 'Your password' }).fill('a wrong one');
  await dialog.getByRole('button', { name: 'Delete for ever' }).click();
  await dialog
    .getByText(/password/i)
    .nth(1)
    .waitFor();
  await dialog.getByRole('textbox', { name: 'Your password' }).fill(other);
  await dialog.getByRole('button', { name: 'Delete for ever' }).click();
  await here.page.getByText('The account ann is deleted.').waitFor();
  expect(await refusalOf(sessions.login({ username: 'ann', password: other }))).toContain('Unauthenticated');
  await accounts.createAccount({ username: 'ann', password });
});

it('takes the focus to what has to be typed again', async () => {
  const server = await ServerProcess.start(await temporaryFolder(), { config: { host: '127.0.0.1' } });
  const ann = await browser.person();
  // A refused password is part of it.
  ann.nodesFail = true;
  const { page } = ann;
  await page.goto(server.webAddress);
  await page.getByRole('button', { name: 'Make an account' }).click();
  const name = page.getByRole('textbox', { name: 'Username' });
  const secret = page.getByRole('textbox', { name: 'Password', exact: true });
  const focused = page.locator(':focus');
  await name.and(focused).waitFor();
  await name.fill('a b');
  await secret.fill('short');
  await page.getByRole('button', { name: 'Sign up' }).click();
  await name.and(focused).waitFor();
  await name.fill('ann');
  await secret.press('Enter');
  await secret.and(focused).waitFor();
  await page.getByRole('button', { name: 'Log in instead' }).click();
  await page.getByRole('button', { name: 'Log in', exact: true }).click();
  await page.getByText('The username or the password is wrong.').waitFor();
  await secret.and(focused).waitFor();
});

/** Runs in the page. */
const readAllThatIsKept = `(async () => {
  const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const database = await done(indexedDB.open('holdfast'));
  const session = await done(database.transaction('session').objectStore('session').getAll());
  database.close();
  return JSON.stringify([session, { ...localStorage }, { ...sessionStorage }]);
})()`;

/** Runs in the page: all strings that can be reached from the page's root element, other elements left out. */
const readAllOfReact = `(() => {
  const texts = new Set();
  const seen = new Set();
  const next = [document.getElementById('root')];
  while (next.length > 0) {
    const one = next.pop();
    if (typeof one === 'string') texts.add(one);
    if (one === null || !['object', 'function'].includes(typeof one) || one === window || seen.has(one)) continue;
    seen.add(one);
    const inner = one instanceof Map || one instanceof Set ? [...one].flat() : [];
    for (const key of Reflect.ownKeys(one)) {
      try { inner.push(one[key]); } catch {}
    }
    next.push(...inner.filter((value) => !(value instanceof Node)));
  }
  return [...texts];
})()`;

async function settings({ page }: Person, { webAddress }: ServerProcess): Promise<void> {
  await page.getByRole('button', { name: 'Account ann' }).click();
  await page.getByRole('menuitem', { name: 'Settings' }).click();
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  expect(page.url()).toBe(`${webAddress}/#/settings`);
}
