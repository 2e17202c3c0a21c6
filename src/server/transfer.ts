import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreError } from '../kv/store-error.js';
import type { ExportLine, Trailer } from '../transfer/export-line.js';
import { estimateLines, exportStore } from '../transfer/export-store.js';
import { importStore } from '../transfer/import-store.js';
import type { ImportOutcome } from '../transfer/import-store.js';
import { checkExport } from '../transfer/read-export.js';
import { TransferError } from '../transfer/transfer-error.js';
import { writeExport } from '../transfer/write-export.js';
import { ConfigError, readConfig } from './config.js';
import { openStore } from './open-store.js';
import { StartError } from './start-error.js';

export type TransferOptions = {
  /** Whose data: the configuration of its server. Undefined: the defaults. */
  readonly configPath: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of a cluster: its node on this machine. */
  readonly nodeId: string | undefined;
  /** Ends the work at the next opportunity, with its reason. */
  readonly signal: AbortSignal;
};

export const wait = async (milliseconds: number) => {
  await delay(milliseconds);
};

/** Hands over a server's data as text. `onProgress`: about which part is done, from 0 to 1. */
export async function exportData(
  options: TransferOptions & {
    readonly write: (text: string) => Promise<void>;
    readonly onProgress: (part: number) => void;
  },
): Promise<Trailer> {
  const config = readConfig(options.configPath, options.env, options.nodeId);
  const store = await openStore(config, { create: false });
  try {
    const total = await estimateLines(store);
    const lines = exportStore(store, { now: Date.now, wait });
    return await writeExport(counted(lines, total, options), options.write);
  } finally {
    await store.close();
  }
}

/**
 * Checks a file, then brings it into a server's data. `open` gives it from its start, twice; `onChecked` is
 * told when it is about to be read for the second time.
 */
export async function importData(
  options: TransferOptions & {
    readonly open: () => AsyncIterable<Uint8Array>;
    readonly onChecked: () => void;
  },
): Promise<ImportOutcome & { readonly trailer: Trailer }> {
  const config = readConfig(options.configPath, options.env, options.nodeId);
  const { open, signal } = options;
  const trailer = await checkExport(open());
  signal.throwIfAborted();
  options.onChecked();
  const store = await openStore(config, { create: true });
  try {
    const random = (count: number) => randomBytes(count);
    return { trailer, ...(await importStore(store, { open, trailer, random, wait, signal })) };
  } finally {
    await store.close();
  }
}

/** How the program ends on an error of these functions; undefined: it is a bug. */
export function exitStatusOf(error: unknown): 1 | 2 | undefined {
  if (error instanceof ConfigError) return 2;
  const refused =
    error instanceof StartError || error instanceof TransferError || error instanceof StoreError;
  return refused ? 1 : undefined;
}

async function* counted(
  lines: AsyncIterable<ExportLine>,
  total: number,
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (part: number) => void },
): AsyncGenerator<ExportLine> {
  let count = 0;
  for await (const line of lines) {
    signal.throwIfAborted();
    count += 1;
    onProgress(Math.min(count / total, 1));
    yield line;
  }
}
