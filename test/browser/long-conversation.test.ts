import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Argon2Hasher } from '../../src/server/argon2-hasher.js';
import type { Page } from 'playwright-core';
import { connect, login, password } from '../testkit/api-client.js';
import { writeBigExport } from '../testkit/big-export.js';
import { TestBrowser } from '../testkit/browser.js';
import type { Person } from '../testkit/browser.js';
import { eventually } from '../testkit/deadline.js';
import { ServerProcess, program } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

const browser = TestBrowser.use();
/** Milliseconds: generous, against hanging on a busy machine. */
const limit = 120_000;
const length = 100_000;
/** Elements of the whole page, and messages in it, that there may be. */
const limits = { elements: 8_000, messages: 400 };

it(
  'shows 100,000 messages up to the first one, a few at a time',
  async () => {
    const server = await serverWithHistory();
    const ann = await browser.person();
    await ann.logIn(server.webAddress, 'ann');
    await ann.page.getByRole('link', { name: /^ben/ }).click();

    // Reading begins with the first message that is new, which is the first one of all here.
    await eventually('the first one is in sight', () => isInSight(ann, 1));
    await ann.messages('ben').nth(1).hover();
    await scroll(ann, 1, async () => ((await shown(ann)).at(-1) ?? 0) > 1_000);
    await openByAddress(ann.page, `${server.webAddress}/#/with/ben`);
    const [first = 0] = await shown(ann);
    expect([first > 900, first < 2_000]).toEqual([true, true]);
    await ann.page.getByRole('button', { name: /^49,\d+ new messages/ }).click();
    await eventually('the newest is in sight', () => isInSight(ann, length));

    // Scrolling up and up; what is looked at stays where it is while more is put above it.
    await staysInPlace(ann);
    await scroll(ann, -1, async () => ((await shown(ann))[0] ?? length) < length - 1_500);
    await ann.field('ben').press('ArrowUp');
    await ann.page.keyboard.press('Home');
    await ann.page.getByText('This is where your conversation with ben begins.').waitFor();
    expect((await shown(ann))[0]).toBe(1);
    await eventually('the first one is in sight', () => isInSight(ann, 1));

    await countsAsReadWhatWasShown(ann, server);
  },
  limit,
);

async function openByAddress(page: Page, address: string): Promise<void> {
  // Another address of the page that is open would not load it.
  await page.goto('about:blank');
  await page.goto(address);
  await page.getByText('New messages', { exact: true }).waitFor();
}

/** Fewer new messages than are loaded at once, and more than fit on the screen. */
async function countsAsReadWhatWasShown({ page }: Person, server: ServerProcess): Promise<void> {
  const { messages, conversations } = connect(server.address);
  const [caller, ben] = [
    await login(connect(server.address), 'ann'),
    await login(connect(server.address), 'ben'),
  ];
  const unread = async () =>
    (await conversations.listConversations({}, caller)).conversations[0]?.unreadCount;
  await eventually('all is read', async () => (await unread()) === 0n);
  await page.goto(`${server.webAddress}/#/`);
  const target = { case: 'username' as const, value: 'ann' };
  for (let i = 0; i < 60; i += 1) {
    await messages.sendMessage({ target, text: `new ${i}`, clientMessageId: `new-${i}` }, ben);
  }
  await openByAddress(page, `${server.webAddress}/#/with/ben`);
  await eventually('what is in sight is read', async () => ((await unread()) ?? 60n) < 60n);
  expect(await isInSight({ page }, length + 1)).toBe(true);
  expect(await isInSight({ page }, length + 60)).toBe(false);
  expect(await unread()).toBeGreaterThan(30n);
  await page.getByRole('button', { name: /^\d+ new messages/ }).click();
  await eventually('all is read', async () => (await unread()) === 0n);
  expect(await isInSight({ page }, length + 60)).toBe(true);
}

/** A server with two people who have said all that. */
async function serverWithHistory(): Promise<ServerProcess> {
  const folder = await temporaryFolder();
  const [file, config] = [join(folder, 'export.jsonl'), join(folder, 'import.json')];
  const hasher = await Argon2Hasher.create();
  await writeBigExport(file, length, 80, await hasher.hash(password));
  await writeFile(config, JSON.stringify({ server_data: join(folder, 'data') }));
  execFileSync(process.execPath, [program, 'import', file, config]);
  return ServerProcess.start(folder, { config: { host: '127.0.0.1' } });
}

/** With the wheel, until the condition holds. What is shown has no gap, and never grows over the limits. */
async function scroll(person: Person, down: 1 | -1, until: () => Promise<boolean>): Promise<void> {
  await eventually('it is scrolled far enough', async () => {
    await person.page.mouse.wheel(0, down * 5_000);
    const seqs = await shown(person);
    expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
    expect(seqs.length).toBeLessThanOrEqual(limits.messages);
    const elements = await person.page.evaluate<number>('document.querySelectorAll("*").length');
    expect(elements).toBeLessThan(limits.elements);
    return until();
  });
}

/** While older messages come; they are held back until it is known where everything is. */
async function staysInPlace(person: Person): Promise<void> {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  let asked = false;
  const calls = '**/holdfast.v1.MessageService/ListMessages';
  await person.page.route(calls, async (route) => {
    asked = true;
    await held;
    await route.continue();
  });
  await eventually('more is asked for', async () => {
    await person.page.mouse.wheel(0, -2_000);
    return asked;
  });
  const [first = 0, , looked = 0] = await shown(person);
  const row = person.page.locator(`[data-seq="${looked}"]`);
  await row.scrollIntoViewIfNeeded();
  let before = await row.boundingBox();
  await eventually('the scrolling has ended', async () => {
    const last = before;
    await person.page.evaluate('new Promise((resolve) => setTimeout(resolve, 100))');
    before = await row.boundingBox();
    return before?.y === last?.y;
  });
  release();
  await eventually('more is there', async () => ((await shown(person))[0] ?? first) < first);
  const after = await row.boundingBox();
  expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0))).toBeLessThan(2);
  await person.page.unroute(calls);
}

/** Numbers of the messages in the page. */
async function shown(person: Person): Promise<number[]> {
  const all = 'document.querySelectorAll("[data-row=message]")';
  return person.page.evaluate<number[]>(`[...${all}].map(({ dataset }) => Number(dataset.seq))`);
}

async function isInSight(person: Pick<Person, 'page'>, seq: number): Promise<boolean> {
  const rows = person.page.locator(`[data-seq="${seq}"]`);
  if ((await rows.count()) === 0) return false;
  const row = await rows.boundingBox();
  const height = person.page.viewportSize()?.height ?? 0;
  return row !== null && row.y > 0 && row.y + row.height < height;
}
