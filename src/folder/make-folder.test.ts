import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../test/testkit/temporary-folder.js';
import { makeFolder } from './make-folder.js';

it('makes what is missing, for its owner alone, and says where that begins', async () => {
  const root = await temporaryFolder();
  const path = join(root, 'a', 'b', 'c');
  expect(await makeFolder(path)).toBe(join(root, 'a'));
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect(await makeFolder(path)).toBeUndefined();
  expect(await makeFolder(join(path, 'd'))).toBe(join(path, 'd'));
});

it('says why there can be none, instead of trying for ever', async () => {
  const file = join(await temporaryFolder(), 'file');
  await writeFile(file, '');
  await expect(makeFolder(file)).rejects.toThrow('EEXIST');
  await expect(makeFolder(join(file, 'a', 'b'))).rejects.toThrow('ENOTDIR');
  // No file system of a kernel takes a folder here; where there is no /proc, only root could make one.
  await expect(makeFolder('/proc/holdfast/data')).rejects.toThrow(/ENOENT|EACCES/);
});
