import { randomBytes } from 'node:crypto';
import { keys } from '../chat/keys.js';
import { raiseSchema, readSchema } from '../chat/schema.js';
import type { Store } from '../kv/store.js';
import type { BackupTrailer } from '../transfer/backup-line.js';
import { estimateLines } from '../transfer/export-store.js';
import type { FillOutcome } from '../transfer/fill-store.js';
import { checkBackup } from '../transfer/read-backup.js';
import type { CheckedBackup } from '../transfer/read-backup.js';
import { restoreStore } from '../transfer/restore-store.js';
import { writeBackup } from '../transfer/write-backup.js';
import { readConfig } from './config.js';
import { openMoment, openStore } from './open-store.js';
import { StartError } from './start-error.js';
import { exitStatusOf, wait } from './transfer.js';
import type { TransferOptions } from './transfer.js';
import { version } from './version.js';

export { exitStatusOf };

/** Hands over what a server that runs, or does not, holds at one moment. */
export async function backUpData(
  options: TransferOptions & {
    readonly write: (text: string) => Promise<void>;
    /** Told about which part is done, from 0 to 1. */
    readonly onProgress: (part: number) => void;
  },
): Promise<BackupTrailer> {
  const { write, signal, onProgress } = options;
  const moment = await openMoment(readConfig(options.configPath, options.env, options.nodeId));
  try {
    // What users have is looked through twice.
    const total = (await estimateLines(moment)) + (await moment.count(keys.users()));
    let entries = 0;
    const onEntries = (more: number) => {
      entries += more;
      onProgress(Math.min(entries / total, 1));
    };
    return await writeBackup(moment, { program: version, now: Date.now, wait, write, signal, onEntries });
  } finally {
    await moment.close();
  }
}

/** Reads a backup to its end. Throws TransferError for one that is not whole. */
export async function verifyBackup(open: () => AsyncIterable<Uint8Array>): Promise<CheckedBackup> {
  return checkBackup(open());
}

/**
 * Checks a backup, then brings it into an empty server. `open` gives it from its start, twice; `onChecked` is told when
 * it is about to be read for the second time.
 */
export async function restoreData(
  options: TransferOptions & {
    readonly open: () => AsyncIterable<Uint8Array>;
    readonly withoutSessions: boolean;
    readonly onChecked: () => void;
  },
): Promise<FillOutcome & { readonly checked: CheckedBackup }> {
  const config = readConfig(options.configPath, options.env, options.nodeId);
  const { open, signal, withoutSessions } = options;
  const checked = await checkBackup(open());
  signal.throwIfAborted();
  options.onChecked();
  const store = await openStore(config, { create: true });
  try {
    if (!config.cluster) await raiseSchema(store);
    await requireAsNew(store, checked);
    const random = (count: number) => randomBytes(count);
    const settings = { open, checked, random, wait, withoutSessions, signal };
    return { checked, ...(await restoreStore(store, settings)) };
  } finally {
    await store.close();
  }
}

/** Nodes that are older than the program that made a backup may still take part: they could not read it. */
async function requireAsNew(store: Store, { header }: CheckedBackup): Promise<void> {
  const schema = await readSchema(store);
  if (header.schema <= schema) return;
  throw new StartError(
    `the backup has data of schema ${header.schema}, and the cluster takes up to ${schema}: start this version on every node first`,
  );
}
