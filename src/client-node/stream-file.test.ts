import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../test/testkit/temporary-folder.js';
import { StreamFile } from './stream-file.js';

it('keeps the position that was saved last, also of several at the same time', async () => {
  const folder = await temporaryFolder();
  const file = new StreamFile(folder, 'account');
  expect(await file.load()).toBeUndefined();
  const positions = Array.from({ length: 50 }, (_, i) => ({ resumeToken: `t${i}`, delivered: { c: i } }));
  await Promise.all(positions.map((position) => file.save(position)));
  expect(await new StreamFile(folder, 'account').load()).toEqual(positions.at(-1));
  const path = join(folder, 'streams', 'account.json');
  await writeFile(path, '{');
  await expect(file.load()).rejects.toThrow(`${path} is damaged`);
  await file.clear();
  expect(await file.load()).toBeUndefined();
});
