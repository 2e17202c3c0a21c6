import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Argon2Hasher } from '../../src/server/argon2-hasher.js';
import { password } from '../testkit/api-client.js';
import { writeBigExport } from '../testkit/big-export.js';
import { TestBrowser } from '../testkit/browser.js';
import { ServerProcess, program } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const browser = TestBrowser.use();

it('scrolls to the top of a conversation of 100,000 messages, with a bounded number of elements', async () => {
  const folder = await temporaryFolder();
  const [file, config] = [join(folder, 'export.jsonl'), join(folder, 'import.json')];
  const hasher = await Argon2Hasher.create();
  await writeBigExport(file, 100_000, 80, await hasher.hash(password));
  await writeFile(config, JSON.stringify({ server_data: join(folder, 'data') }));
  execFileSync(process.execPath, [program, 'import', file, config]);
  const server = await ServerProcess.start(folder, { config: { host: '127.0.0.1' } });
  const ann = await browser.person();
  await ann.logIn(server.webAddress, 'ann');
  await ann.page.getByRole('link', { name: /^ben/ }).click();
  await ann.messages('ben').last().getByText('100000 ').waitFor();
  console.time('scroll');
  const seen = await ann.page.evaluate(climb);
  console.timeEnd('scroll');
  console.log(seen);
  expect(1).toBe(1);
}, 100_000);

type Climb = { elements: number; steps: number; first: number; gaps: number };

/** Runs in the page: scrolls up and up, until there is nothing above. */
async function climb(): Promise<Climb> {
  const list = document.querySelector('ol');
  const scroller = list?.parentElement;
  if (!list || !scroller) throw new Error('no conversation is shown');
  const seqs = () =>
    [...list.querySelectorAll<HTMLElement>('[data-row=message]')].map(({ dataset }) => Number(dataset.seq));
  const result = { elements: 0, steps: 0, first: Infinity, gaps: 0 };
  const end = performance.now() + 60_000;
  while (result.first > 1 && performance.now() < end) {
    scroller.scrollTop = 0;
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const shown = seqs();
    result.steps += 1;
    result.first = shown[0] ?? Infinity;
    result.elements = Math.max(result.elements, document.querySelectorAll('*').length);
    result.gaps += shown.filter((seq, i) => i > 0 && seq !== (shown[i - 1] ?? 0) + 1).length;
  }
  return result;
}
