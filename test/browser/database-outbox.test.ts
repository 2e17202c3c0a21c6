import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { beforeAll, expect, it } from 'vitest';
import { describeOutboxStorage } from '../../src/client/contract/outbox-storage.js';
import type { OutboxRecord, OutboxStorage } from '../../src/client/outbox-storage.js';
import { TestBrowser } from '../testkit/browser.js';

const folder = fileURLToPath(new URL('../../web/src/session', import.meta.url));
const parts = ['database.ts', 'database-outbox.ts'].map((name) => join(folder, name));
// Nobody listens here: the browser is answered by the test.
const origin = 'http://127.0.0.1:1';
const html = '<!doctype html><link rel="icon" href="data:,"><script src="/parts.js"></script>';
const browser = TestBrowser.use();
let script = '';
let accounts = 0;

beforeAll(async () => {
  script = await bundle(parts);
});

/** A script that puts what the modules export into `parts`. */
async function bundle(paths: readonly string[]): Promise<string> {
  const name = 'virtual:all-of-them';
  const code = paths.map((path) => `export * from ${JSON.stringify(path)};`).join('\n');
  const result = await build({
    configFile: false,
    logLevel: 'silent',
    plugins: [
      {
        name: 'all-of-them',
        resolveId: (id) => (id === name ? id : undefined),
        load: (id) => (id === name ? code : undefined),
      },
    ],
    build: {
      write: false,
      rolldownOptions: {
        input: name,
        preserveEntrySignatures: 'strict',
        output: { format: 'iife', name: 'parts' },
      },
    },
  });
  if (!('output' in result)) throw new Error('vite has built something else');
  return result.output[0].code;
}

/** A tab of a browser, in which the storages of any account can be opened. */
async function openTab(page: Page): Promise<(accountId: string) => OutboxStorage> {
  await page.route(`${origin}/*`, (route) => {
    const isScript = route.request().url().endsWith('.js');
    return isScript
      ? route.fulfill({ contentType: 'text/javascript', body: script })
      : route.fulfill({ contentType: 'text/html', body: html });
  });
  await page.goto(`${origin}/`);
  const call = async <T>(accountId: string, method: keyof OutboxStorage, argument?: unknown): Promise<T> =>
    page.evaluate(
      async (request): Promise<T> => {
        const { openDatabase, DatabaseOutbox } = (globalThis as unknown as { parts: Parts }).parts;
        const outbox = new DatabaseOutbox(await openDatabase(), request.accountId);
        return (await outbox[request.method](request.argument)) as T;
      },
      { accountId, method, argument },
    );
  return (accountId) => ({
    load: () => call<OutboxRecord[]>(accountId, 'load'),
    get: (key) => call<OutboxRecord | undefined>(accountId, 'get', key),
    put: (record) => call(accountId, 'put', record),
    remove: (key) => call(accountId, 'remove', key),
  });
}

type Parts = {
  openDatabase: (patience?: number) => Promise<object>;
  DatabaseOutbox: new (
    database: object,
    accountId: string,
  ) => Record<keyof OutboxStorage, (argument: unknown) => Promise<unknown>>;
};

function newAccount(): string {
  accounts += 1;
  return `account ${accounts}`;
}

describeOutboxStorage('IndexedDB', async () => {
  const { context } = await browser.person();
  const accountId = newAccount();
  return async () => (await openTab(await context.newPage()))(accountId);
});

it('keeps the outboxes of accounts apart, and through the closing of the tab', async () => {
  const { context, page } = await browser.person();
  const [ann, ben] = [newAccount(), newAccount()];
  const record = {
    key: 'a',
    order: 1,
    clientMessageId: 'id',
    target: { username: 'cleo' },
    text: 'hello',
    addTime: 1,
    tried: false,
  };
  const open = await openTab(page);
  await open(ann).put(record);
  expect(await open(ben).load()).toEqual([]);
  await open(ben).put({ ...record, text: 'of ben' });
  await page.close();
  const later = await openTab(await context.newPage());
  expect(await later(ann).load()).toEqual([record]);
  expect(await later(ben).load()).toEqual([{ ...record, text: 'of ben' }]);
});

it('gives up on a database that another tab does not let go of', async () => {
  const { context, page } = await browser.person();
  await openTab(page);
  await page.evaluate(keepHold);
  const other = await context.newPage();
  await openTab(other);
  const opening = other.evaluate(async () => {
    const { openDatabase } = (globalThis as unknown as { parts: Parts }).parts;
    await openDatabase(500);
  });
  await expect(opening).rejects.toThrow('does not open');
});

/** Runs in the page: the database is to go, and a connection to it stays. */
const keepHold = `new Promise((resolve) => {
  indexedDB.open('holdfast', 1).onsuccess = () => {
    indexedDB.deleteDatabase('holdfast').onblocked = () => resolve();
  };
})`;
