import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type {
  Browser,
  BrowserContext,
  BrowserContextOptions,
  ConsoleMessage,
  Locator,
  Page,
} from 'playwright-core';
import { password } from './api-client.js';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';

/** Milliseconds after which something that should be on the page is missed: generous, against hanging. */
const patience = 20_000;

export const desktop = { width: 1_280, height: 800 };
export const phone = { width: 390, height: 844 };

/** So that the browser asks nobody anything by itself. */
const quiet = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
];

/** Debian's Chromium, one for all tests of a file. */
export class TestBrowser {
  private running: Browser | undefined;

  /** To be called outside of tests. `args`: of its command line. */
  static use(args: readonly string[] = []): TestBrowser {
    const browser = new TestBrowser();
    beforeAll(async () => {
      browser.running = await chromium.launch({
        executablePath: findChromium(),
        chromiumSandbox: canSandbox(),
        args: [...quiet, ...args],
      });
    });
    afterAll(async () => {
      await browser.running?.close();
    });
    return browser;
  }

  /** Opens a browser of somebody's own, with nothing kept. It closes with its test. */
  async person(options: PersonOptions = {}): Promise<Person> {
    if (!this.running) throw new Error('the browser was not started');
    const { hosts = [], ...more } = options;
    const context = await this.running.newContext({
      viewport: desktop,
      locale: 'en-GB',
      timezoneId: 'UTC',
      ...more,
    });
    context.setDefaultTimeout(patience);
    const person = new Person(context, await context.newPage(), ['127.0.0.1', ...hosts]);
    onTestFinished(async ({ task }) => {
      if (task.result?.state === 'fail') await person.keepPicture(task.name);
      await context.close();
      expect(person.complaints).toEqual([]);
    });
    return person;
  }
}

type PersonOptions = BrowserContextOptions & {
  /** That the page may call, beside 127.0.0.1. */
  readonly hosts?: readonly string[];
};

/** Somebody at a browser. A test fails when their page complains, or asks anyone but the nodes for anything. */
export class Person {
  /** What was wrong. */
  readonly complaints: string[] = [];
  /** Whether nodes are dead or refuse, so that the browser may say that calls failed. */
  nodesFail = false;

  constructor(
    readonly context: BrowserContext,
    public page: Page,
    private readonly hosts: readonly string[],
  ) {
    context.on('request', (request) => {
      const url = new URL(request.url());
      const own = ['data:', 'blob:'].includes(url.protocol) || this.hosts.includes(url.hostname);
      if (!own) this.complaints.push(`a request to ${url.href}`);
    });
    // Violations of the page's policy are told here too.
    context.on('console', (message) => this.hear(message));
    context.on('weberror', (error) => this.complaints.push(error.error().stack ?? String(error.error())));
  }

  /** Makes an account; the conversations are shown afterwards. */
  async signUp(server: string, username: string): Promise<void> {
    const { page } = this;
    await page.goto(server);
    await page.getByRole('button', { name: 'Make an account' }).click();
    await page.getByRole('textbox', { name: 'Username' }).fill(username);
    await page.getByRole('textbox', { name: 'Password', exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign up' }).click();
    await this.loggedInAs(username);
  }

  async logIn(server: string, username: string): Promise<void> {
    const { page } = this;
    await page.goto(server);
    await page.getByRole('textbox', { name: 'Username' }).fill(username);
    await page.getByRole('textbox', { name: 'Password', exact: true }).fill(password);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await this.loggedInAs(username);
  }

  async loggedInAs(username: string): Promise<void> {
    await this.page.getByRole('button', { name: `Account ${username}` }).waitFor();
  }

  /** Finds somebody by name, and opens the conversation. */
  async talkTo(username: string): Promise<void> {
    const { page } = this;
    await page.getByRole('searchbox', { name: 'Find people' }).fill(username);
    await page.getByRole('navigation', { name: 'People' }).getByRole('link', { name: username }).click();
    await this.field(username).waitFor();
  }

  /** Where a message to somebody is written. */
  field(username: string): Locator {
    return this.page.getByRole('textbox', { name: `Message to ${username}` });
  }

  /** In the conversation that is open. */
  async say(username: string, text: string): Promise<void> {
    await this.field(username).fill(text);
    await this.page.keyboard.press('Enter');
    await this.field(username).waitFor();
  }

  /** The messages that are shown of a conversation, sent or not. */
  messages(username: string): Locator {
    return this.page.getByRole('list', { name: `Messages with ${username}` }).locator('[data-row=message]');
  }

  /** Those of them that no server has yet. */
  unsent(username: string): Locator {
    return this.messages(username).and(this.page.locator('[data-pending]'));
  }

  /** Goes on in a new one. */
  async closeTab(): Promise<void> {
    const next = await this.context.newPage();
    await this.page.close();
    this.page = next;
  }

  private hear(message: ConsoleMessage): void {
    if (message.type() !== 'error' && message.type() !== 'warning') return;
    const { url } = message.location();
    const text = message.text();
    const failedCall = text.startsWith('Failed to load resource: ') && url.includes('/holdfast.v1.');
    if (this.nodesFail && (failedCall || text.includes('net::ERR_'))) return;
    // A browser says so of every page over plain HTTP.
    if (text.startsWith('The Cross-Origin-Opener-Policy header has been ignored')) return;
    // What the client asks a node before a login, only to see whether it answers.
    if (failedCall && text.includes(' 401 ') && url.endsWith('/ListSessions')) return;
    this.complaints.push(`${message.type()}: ${text} (${url})`);
  }

  /** Into test-results/. */
  async keepPicture(name: string): Promise<void> {
    await mkdir('test-results', { recursive: true });
    const file = `${name.replaceAll(/\W+/g, '-')}-${Date.now()}.png`;
    await this.page.screenshot({ path: join('test-results', file) }).catch(() => undefined);
  }
}

/** On PATH, or where `npm test` has unpacked it. */
function findChromium(): string {
  const { stdout } = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' });
  const path = stdout.trim();
  if (path !== '') return path;
  const unpacked = fileURLToPath(new URL('../../.setup/chromium/bin/chromium', import.meta.url));
  if (!existsSync(unpacked)) throw new Error('there is no chromium: run the tests with npm test');
  return unpacked;
}

/** Its sandbox refuses to run as root, and needs namespaces that any user can make. */
function canSandbox(): boolean {
  return process.getuid?.() !== 0 && spawnSync('unshare', ['--user', 'true']).status === 0;
}
