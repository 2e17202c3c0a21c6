import { importUnfinished } from '../chat/import-state.js';
import { keys } from '../chat/keys.js';
import type { Time } from '../chat/types.js';
import type { Store } from '../kv/store.js';
import { exportAccounts } from './export-accounts.js';
import { exportConversations } from './export-conversations.js';
import { formatName, formatVersion } from './export-line.js';
import type { ExportLine } from './export-line.js';
import type { Wait } from './patience.js';
import { Reader, isoTime } from './reader.js';
import { TransferError } from './transfer-error.js';

/** A page of messages takes 8 MB at most. */
const pageSize = 500;

export type ExportOptions = {
  readonly now: () => Time;
  readonly wait: Wait;
  /** Entries read at once. Default: 500, maximum: 1,000. */
  readonly pageSize?: number;
};

/**
 * Everything in a store but sessions, as the lines of an export, without the last one. Others may write
 * meanwhile: docs/export-format.md says what of that is in it. Throws UNFINISHED, or StoreError.
 */
export async function* exportStore(store: Store, options: ExportOptions): AsyncGenerator<ExportLine> {
  const reader = new Reader(store, options.wait, options.pageSize ?? pageSize);
  if (await importUnfinished(store)) {
    throw new TransferError(
      'UNFINISHED',
      'an import or a restore into this data was cut off: run it with the same file first',
    );
  }
  const { revision: began } = await reader.read([]);
  yield {
    type: 'header',
    format: formatName,
    version: formatVersion,
    export_time: isoTime(options.now()),
  };
  // Read cursors before the messages that they point at, so that none points past the last one.
  yield* exportAccounts(reader, began);
  yield* exportConversations(reader, began);
}

/** About as many lines as an export has: for showing how far it is. */
export async function estimateLines(store: Pick<Store, 'count'>): Promise<number> {
  const ranges = [keys.accounts(), keys.users(), keys.conversations()];
  const counts = await Promise.all(ranges.map((range) => store.count(range)));
  return counts.reduce((sum, count) => sum + count, 0);
}
