import { mkdir, readFile, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../test/testkit/temporary-folder.js';
import { describeOutboxStorage } from '../client/contract/outbox-storage.js';
import { OutboxFolder } from './outbox-folder.js';
import { StateError } from './state-error.js';

describeOutboxStorage('a folder', async () => {
  const folder = await temporaryFolder();
  return () => Promise.resolve(new OutboxFolder(folder, 'account'));
});

const record = {
  key: 'key',
  order: 1,
  clientMessageId: 'id',
  target: { username: 'ben' },
  text: 'secret',
  addTime: 1,
  tried: false,
};

it('keeps messages where only their owner can read them, each account by itself', async () => {
  const folder = await temporaryFolder();
  await new OutboxFolder(folder, 'account').put(record);
  expect(await new OutboxFolder(folder, 'another').load()).toEqual([]);
  for (const path of ['outbox/account', 'outbox/account/key.json']) {
    expect((await stat(join(folder, path))).mode & 0o077).toBe(0);
  }
});

it('names the file that is damaged, and touches nothing', async () => {
  const folder = await temporaryFolder();
  const storage = new OutboxFolder(folder, 'account');
  await storage.put(record);
  const path = join(folder, 'outbox', 'account', 'bad.json');
  for (const text of ['', '{"version":1', '{"version":2}']) {
    await writeFile(path, text);
    await expect(storage.load()).rejects.toThrow(`${path} is damaged`);
    expect(await readFile(path, 'utf8')).toBe(text);
  }
});

it('takes away what a process that died was writing, and leaves what may still be written', async () => {
  const folder = await temporaryFolder();
  const storage = new OutboxFolder(folder, 'account');
  await storage.put(record);
  const [old, young] = ['a', 'b'].map((name) => join(folder, 'outbox', 'account', `${name}.json.1.new`));
  for (const path of [old, young]) await writeFile(path ?? '', 'half');
  const longAgo = Date.now() / 1_000 - 7_200;
  await utimes(old ?? '', longAgo, longAgo);
  expect(await storage.load()).toEqual([record]);
  expect((await readdir(join(folder, 'outbox', 'account'))).sort()).toEqual(['b.json.1.new', 'key.json']);
});

it('refuses an account id that leads elsewhere', async () => {
  const folder = await temporaryFolder();
  for (const id of ['..', '../other', 'a/b', '']) {
    expect(() => new OutboxFolder(folder, id)).toThrow(StateError);
  }
});

it('says what it can not write', async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, 'outbox', 'account', 'key.json', 'in the way'), { recursive: true });
  const storage = new OutboxFolder(folder, 'account');
  await expect(storage.put(record)).rejects.toThrow(/key\.json can not be written/);
  expect(await readdir(join(folder, 'outbox', 'account'))).toEqual(['key.json']);
});
