import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../test/testkit/temporary-folder.js';
import { storedRounds } from './stored-rounds.js';

it('finds the histories of one round, and of all rounds in a folder', async () => {
  const folder = await temporaryFolder();
  await expect(storedRounds(folder)).rejects.toThrow('holds no histories');
  for (const seed of ['seed-2', 'seed-1']) {
    await mkdir(join(folder, seed, 'node1'), { recursive: true });
    for (const name of ['history-run.jsonl', 'history-clients1.jsonl', 'report.txt'])
      await writeFile(join(folder, seed, name), '');
  }
  const round = (seed: string) => ({
    folder: join(folder, seed),
    histories: ['history-clients1.jsonl', 'history-run.jsonl'].map((name) => join(folder, seed, name)),
  });
  expect(await storedRounds(folder)).toEqual([round('seed-1'), round('seed-2')]);
  expect(await storedRounds(join(folder, 'seed-2'))).toEqual([round('seed-2')]);
});
