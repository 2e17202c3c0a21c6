import { expect, it } from 'vitest';
import { connect, join } from '../testkit/api-client.js';
import { TestBrowser } from '../testkit/browser.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const browser = TestBrowser.use();

it('gets parts of the page that could not be fetched as soon as they can be, without a reload', async () => {
  const server = await ServerProcess.start(await temporaryFolder(), { config: { host: '127.0.0.1' } });
  await join(connect(server.address), 'ben');
  // Without a worker: that one would have kept them all.
  const ann = await browser.person();
  await ann.page.addInitScript('delete Navigator.prototype.serviceWorker');
  const { page, context } = ann;
  ann.nodesFail = true;
  const html = await (await fetch(server.webAddress)).text();
  let refused = 0;
  await context.route('**/assets/*.js', async (route) => {
    if (html.includes(new URL(route.request().url()).pathname)) return route.continue();
    refused += 1;
    return route.abort();
  });
  await ann.signUp(server.webAddress, 'ann');
  await ann.talkTo('ben');
  await page.getByRole('link', { name: 'Cluster' }).click();
  await page.getByText('could not be loaded').waitFor();
  const menu = page.getByRole('button', { name: 'Account ann', exact: true });
  await menu.click();
  await page.keyboard.press('?');
  expect(refused).toBeGreaterThan(0);

  await context.unroute('**/assets/*.js');
  await page.getByText('Applied revision').first().waitFor();
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
  await page.keyboard.press('Escape');
  await menu.click();
  await page.getByRole('menuitem', { name: 'Settings' }).waitFor();
  await page.keyboard.press('Escape');
  await page.goBack();
  await page.getByRole('button', { name: 'Emoji' }).click();
  await page.getByRole('button', { name: '🎉' }).click();
  await expect.poll(() => ann.field('ben').inputValue()).toBe('🎉');
});
