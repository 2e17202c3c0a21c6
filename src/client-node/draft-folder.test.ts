import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../test/testkit/temporary-folder.js';
import { DraftFolder } from './draft-folder.js';
import { StateError } from './state-error.js';

const ben = { username: 'Ben' };
const other = { conversationId: 'abc', username: 'ben' };

it('keeps what was begun, by conversation, where only its owner can read it', async () => {
  const folder = await temporaryFolder();
  const drafts = new DraftFolder(folder, 'account');
  expect(await drafts.load(ben)).toBe('');
  await drafts.save(ben, 'two\nlines ');
  await drafts.save(other, 'another');
  const again = new DraftFolder(folder, 'account');
  expect([await again.load({ username: 'ben' }), await again.load(other)]).toEqual([
    'two\nlines ',
    'another',
  ]);
  expect(await new DraftFolder(folder, 'second').load(ben)).toBe('');
  const path = join(folder, 'drafts', 'account');
  for (const name of await readdir(path)) expect((await stat(join(path, name))).mode & 0o077).toBe(0);
  expect(await readFile(join(path, 'abc.txt'), 'utf8')).toBe('another');
});

it('leaves no file of what was sent, and nothing of an account that is gone', async () => {
  const folder = await temporaryFolder();
  const drafts = new DraftFolder(folder, 'account');
  await drafts.save(ben, 'text');
  await drafts.save(ben, '');
  expect(await readdir(join(folder, 'drafts', 'account'))).toEqual([]);
  await drafts.save(ben, 'text');
  await drafts.clear();
  expect(await readdir(join(folder, 'drafts'))).toEqual([]);
  await drafts.save(ben, '');
});

it('refuses names that lead elsewhere', async () => {
  const drafts = new DraftFolder(await temporaryFolder(), 'account');
  await expect(drafts.save({ conversationId: '../x' }, 'text')).rejects.toThrow(StateError);
});
