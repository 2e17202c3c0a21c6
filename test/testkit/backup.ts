import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { Moment } from '../../src/kv/moment.js';
import type { Store } from '../../src/kv/store.js';
import { LmdbMoment } from '../../src/kv-lmdb/lmdb-moment.js';
import { LmdbStore } from '../../src/kv-lmdb/lmdb-store.js';
import { checkBackup } from '../../src/transfer/read-backup.js';
import { restoreStore } from '../../src/transfer/restore-store.js';
import type { RestoreOptions } from '../../src/transfer/restore-store.js';
import type { FillOutcome } from '../../src/transfer/fill-store.js';
import { writeBackup } from '../../src/transfer/write-backup.js';
import { temporaryFolder } from './temporary-folder.js';
import { chunksOf, noWait } from './transfer.js';

/** A store and the folder that it is in; it is closed with its test. */
export async function storeInFolder(): Promise<{ readonly store: Store; readonly folder: string }> {
  const folder = await temporaryFolder();
  const store = await LmdbStore.open({ folder });
  onTestFinished(() => store.close());
  return { store, folder };
}

export async function backupText(moment: Moment, options: { pageSize?: number } = {}): Promise<string> {
  let text = '';
  const write = (part: string) => {
    text += part;
    return Promise.resolve();
  };
  const settings = { program: 'test', now: () => 1_700_000_000_000, wait: noWait, write, ...options };
  await writeBackup(moment, settings);
  return text;
}

/** Of a store in a folder that is open in this process. */
export async function backupOf(folder: string): Promise<string> {
  const moment = await LmdbMoment.open(folder);
  try {
    return await backupText(moment);
  } finally {
    await moment.close();
  }
}

export async function restoreText(
  store: Store,
  text: string,
  options: Partial<RestoreOptions> = {},
): Promise<FillOutcome> {
  const open = () => chunksOf(text);
  const random = (count: number) => randomBytes(count);
  const checked = await checkBackup(open());
  return restoreStore(store, { open, checked, random, wait: noWait, ...options });
}
