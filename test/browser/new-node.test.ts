import { expect, it } from 'vitest';
import { TestBrowser } from '../testkit/browser.js';
import { freePorts } from '../testkit/free-port.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const browser = TestBrowser.use();

it('offers to load the page again when there is a node that its policy does not name', async () => {
  const [port = 0, added = 0] = await freePorts(2);
  const [own, other] = [port, added].map((one) => `http://127.0.0.1:${one}`);
  const config = { host: '127.0.0.1', web_port: port, web_addresses: [own, other] };
  const server = await ServerProcess.start(await temporaryFolder(), { config });
  const ann = await browser.person();
  const { page } = ann;
  await page.addInitScript('delete Navigator.prototype.serviceWorker');
  // As if the node had not known the other one yet when the page was loaded: the page, and its question about it.
  let before = 2;
  await page.route(`${own}/`, async (route) => {
    const response = await route.fetch();
    const headers = response.headers();
    const policy = headers['content-security-policy'] ?? '';
    if (before > 0) headers['content-security-policy'] = policy.replace(` ${other}`, '');
    before -= 1;
    await route.fulfill({ response, headers });
  });
  await ann.signUp(server.webAddress, 'ann');
  await page.getByText('A server was added.').waitFor();
  await page.getByRole('button', { name: 'Load again to use it' }).click();
  await page.getByText('A server was added.').waitFor({ state: 'detached' });
  await ann.loggedInAs('ann');
  // From here on it may be called.
  ann.nodesFail = true;
  await page.evaluate(`fetch('${other}').catch(() => undefined)`);
  expect(before).toBeLessThan(0);
});
