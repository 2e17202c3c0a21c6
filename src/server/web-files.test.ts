import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../test/testkit/temporary-folder.js';
import { WebFiles } from './web-files.js';

it('has what was built, as it was then, and not what the build keeps for itself', async () => {
  const folder = await temporaryFolder();
  for (const name of ['assets', '.vite']) await mkdir(join(folder, name));
  const files = [
    'index.html',
    'assets/a-1.js',
    'assets/a-1.js.br',
    'assets/a-1.js.gz',
    '.vite/manifest.json',
  ];
  for (const name of files) await writeFile(join(folder, name), name);
  const built = await WebFiles.load(folder);
  for (const name of files) await writeFile(join(folder, name), 'changed');
  expect(built.get('/')).toMatchObject({ bytes: Buffer.from('index.html'), fingerprinted: false });
  expect(built.get('/assets/a-1.js')).toMatchObject({ fingerprinted: true });
  expect([...(built.get('/assets/a-1.js')?.compressed ?? [])]).toEqual([
    ['br', Buffer.from('assets/a-1.js.br')],
    ['gzip', Buffer.from('assets/a-1.js.gz')],
  ]);
  for (const path of ['/assets/a-1.js.br', '/assets/a-1.js.gz', '/.vite/manifest.json', '/assets']) {
    expect(built.get(path)).toBeUndefined();
  }
});

it('is empty when nothing was built', async () => {
  expect((await WebFiles.load(join(await temporaryFolder(), 'nothing'))).get('/')).toBeUndefined();
});
