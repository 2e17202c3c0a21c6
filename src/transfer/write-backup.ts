import { importUnfinished } from '../chat/import-state.js';
import { readSchema } from '../chat/schema.js';
import type { Time } from '../chat/types.js';
import { StoreError } from '../kv/store-error.js';
import type { Moment } from '../kv/moment.js';
import { backupFormat, backupVersion } from './backup-line.js';
import type { BackupHeader, BackupTrailer } from './backup-line.js';
import { BackupTally } from './backup-tally.js';
import { backupParts, kindOf } from './backup-kind.js';
import type { Wait } from './patience.js';
import { Reader, corrupt, isoTime } from './reader.js';
import { TransferError } from './transfer-error.js';

/** A page of messages takes 8 MB at most. */
const defaultPageSize = 500;
/** Characters that are handed over at once. */
const chunk = 262_144;

export type BackupOptions = {
  /** Of this program. */
  readonly program: string;
  readonly now: () => Time;
  readonly wait: Wait;
  readonly write: (text: string) => Promise<void>;
  /** Entries read at once. Default: 500, maximum: 1,000. */
  readonly pageSize?: number;
  /** Ends the work between two pages. */
  readonly signal?: AbortSignal;
  /** Called with the entries that were written since the last call. */
  readonly onEntries?: (count: number) => void;
};

/**
 * Writes everything that a store held at one moment, sessions too. Not what belongs to one store alone: its
 * incarnation, and the note of an import. Throws UNFINISHED, HISTORY_LOST, or StoreError.
 */
export async function writeBackup(moment: Moment, options: BackupOptions): Promise<BackupTrailer> {
  try {
    return await write(moment, options);
  } catch (cause) {
    if (!(cause instanceof StoreError) || cause.code !== 'COMPACTED') throw cause;
    throw new TransferError(
      'HISTORY_LOST',
      'the cluster is short of space and has dropped what it was at the time of the backup: make room, then try again',
      { cause },
    );
  }
}

async function write(moment: Moment, options: BackupOptions): Promise<BackupTrailer> {
  const { program, now, wait, pageSize = defaultPageSize, signal, onEntries } = options;
  if (await importUnfinished(moment)) {
    throw new TransferError(
      'UNFINISHED',
      'an import or a restore into this data was cut off: run it with the same file first',
    );
  }
  const reader = new Reader(moment, wait, pageSize);
  const { revision } = await reader.read([]);
  const out = new Output(options.write);
  const header: BackupHeader = {
    format: backupFormat,
    version: backupVersion,
    schema: await readSchema(moment),
    program,
    backup_time: isoTime(now()),
    revision,
  };
  await out.add(JSON.stringify(header));
  for (const { part, range } of backupParts) {
    for await (const { entries } of reader.pages(range)) {
      signal?.throwIfAborted();
      for (const { key, value } of entries) {
        const kind = kindOf(key);
        if (!kind) throw corrupt('a stored key is of no kind that this program knows');
        if (kind.part === part) await out.add(JSON.stringify([base64(key), base64(value)]), kind);
      }
      onEntries?.(entries.length);
    }
  }
  return out.seal();
}

/** Lines on their way to the file. */
class Output {
  private readonly tally = new BackupTally();
  private waiting: string[] = [];
  private size = 0;

  constructor(private readonly write: (text: string) => Promise<void>) {}

  async add(line: string, kind?: Parameters<BackupTally['add']>[1]): Promise<void> {
    const text = `${line}\n`;
    this.tally.add(text, kind);
    this.waiting.push(text);
    this.size += text.length;
    if (this.size >= chunk) await this.flush();
  }

  async seal(): Promise<BackupTrailer> {
    const trailer = this.tally.trailer();
    this.waiting.push(`${JSON.stringify(trailer)}\n`);
    await this.flush();
    return trailer;
  }

  private async flush(): Promise<void> {
    const text = this.waiting.join('');
    this.waiting = [];
    this.size = 0;
    await this.write(text);
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
