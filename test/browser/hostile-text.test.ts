import { expect, it } from 'vitest';
import { connect, join } from '../testkit/api-client.js';
import { TestBrowser, desktop, phone } from '../testkit/browser.js';
import type { Person } from '../testkit/browser.js';
import { eventually } from '../testkit/deadline.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const browser = TestBrowser.use();
const kib = 1_024;

/** Shown exactly as they are. */
const plain = [
  '<script>window.harmed = "script"</script>',
  '<img src=x onerror="window.harmed = 1"><svg onload=alert(1)><iframe src="javascript:alert(1)">',
  '</li></ol><h1>broken out</h1> &lt;b&gt; &#60;script&#62; {{constructor}} ${1}',
  'before \u202Egnp.exe\u2066 in between',
  'none\u200Bof\u200Dthis\uFEFFis\u2060seen',
  '\u200B',
  'a\u0301\u0302\u0303\u0304'.repeat(200),
  'javascript:alert(1) data:text/html,<script>alert(1)</script> vbscript:x file:///etc/passwd',
  'x'.repeat(16 * kib),
  '😀'.repeat(1_000),
  '👩‍👩‍👧‍👦'.repeat(600),
  'line\r\nby\rline\u2028and\u2029more',
  '__proto__ constructor null undefined NaN',
];
/** With marks that are not shown themselves. */
const marked = [
  '`'.repeat(8 * kib),
  '```\n<script>window.harmed = "code"</script>\n```',
  '`<b>`'.repeat(2_000),
];
const link = 'see https://example.com/a_(b)?q="><script>window.harmed=1</script>, or http://[bad';

it('shows hostile text as text, in both directions and at every width', async () => {
  const server = await ServerProcess.start(await temporaryFolder(), { config: { host: '127.0.0.1' } });
  const client = connect(server.address);
  const ben = await join(client, 'ben');
  const ann = await browser.person();
  await ann.signUp(server.webAddress, 'ann');
  const texts = [...plain, ...marked, link];
  for (const [i, text] of texts.entries()) {
    const target = { case: 'username' as const, value: 'ann' };
    await client.messages.sendMessage({ target, text, clientMessageId: `m${i}` }, ben);
    // The list shows the last line of each.
    if (i === 0) await ann.page.getByRole('link', { name: /ben/ }).click();
  }
  const rows = ann.messages('ben');
  await eventually('all are there', async () => (await rows.count()) === texts.length);
  await showsOnlyText(ann);
  // Long ones show their beginning until they are asked for.
  const more = rows.getByRole('button', { name: 'Show all' });
  await eventually('all is shown', async () => {
    if ((await more.count()) > 0) await more.first().click();
    return (await more.count()) === 0;
  });
  for (const [i, text] of plain.entries()) expect(await rows.nth(i).textContent()).toContain(text);
  await showsOnlyText(ann);

  const links = await rows
    .getByRole('link')
    .evaluateAll((all: { href: string; rel: string }[]) => all.map(({ href, rel }) => ({ href, rel })));
  for (const { href, rel } of links) {
    expect(href).toMatch(/^https?:\/\//);
    expect(rel).toContain('noopener');
  }
  expect(links.some(({ href }) => href.startsWith('https://example.com/'))).toBe(true);
  for (const size of [desktop, phone]) {
    await ann.page.setViewportSize(size);
    for (const element of ['document.documentElement', 'document.querySelector("ol").parentElement']) {
      const wide = await ann.page.evaluate<number>(`${element}.scrollWidth - ${element}.clientWidth`);
      expect([size.width, element, wide]).toEqual([size.width, element, 0]);
    }
  }

  // One's own, from the keyboard's side: what is sent is what was typed.
  await ann.page.setViewportSize(desktop);
  for (const text of [plain[0] ?? '', '‮evil‬ \u200B ok', '😀'.repeat(1_000)]) {
    await ann.say('ben', text);
    await rows.last().getByText('Sent').waitFor();
    expect(await rows.last().textContent()).toContain(text);
  }
  await showsOnlyText(ann);
});

async function showsOnlyText(person: Person): Promise<void> {
  const { page } = person;
  expect(await page.evaluate('window.harmed')).toBeUndefined();
  const made = 'ol script, ol img, ol svg[onload], ol iframe, ol h1, ol b';
  expect(await page.locator(made).count()).toBe(0);
  expect(await page.evaluate('document.scripts.length')).toBe(1);
}
