import { newestSchema } from '../chat/schema.js';
import type { Key } from '../kv/store.js';
import {
  backupEntry,
  backupFormat,
  backupHeader,
  backupLineBytes,
  backupTrailer,
  backupVersion,
} from './backup-line.js';
import type { BackupHeader, BackupTrailer } from './backup-line.js';
import { backupParts, kindOf } from './backup-kind.js';
import type { BackupKind } from './backup-kind.js';
import { BackupTally } from './backup-tally.js';
import { readLines, truncated } from './line-reader.js';
import { TransferError, damaged } from './transfer-error.js';

/** An entry and the number of its line, from 1. */
export type BackupEntry = {
  readonly key: Key;
  readonly value: Uint8Array;
  readonly kind: BackupKind;
  readonly line: number;
};

export type CheckedBackup = { readonly header: BackupHeader; readonly trailer: BackupTrailer };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const order = backupParts.map(({ part }) => part);

/**
 * The entries of a backup, each checked by itself and against those before it, and what the first and the last line say.
 * Until it has come to its end, nothing is proven. Throws TransferError.
 */
export async function* readBackup(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<BackupEntry, CheckedBackup> {
  const tally = new BackupTally();
  let header: BackupHeader | undefined;
  let trailer: BackupTrailer | undefined;
  let last: BackupEntry | undefined;
  let number = 0;
  for await (const bytes of readLines(chunks, { lineBytes: backupLineBytes, foreign })) {
    number += 1;
    if (trailer) throw damaged(number, 'follows the last one');
    const value = parse(bytes, number);
    if (!header) {
      header = readHeader(value);
      tally.add(bytes);
    } else if (Array.isArray(value)) {
      const entry = readEntry(value, number);
      if (last && !follows(entry, last)) throw damaged(number, 'is out of order');
      last = entry;
      tally.add(bytes, entry.kind);
      yield entry;
    } else {
      trailer = readTrailer(value, number, tally.trailer());
    }
  }
  if (!header || !trailer) throw truncated();
  return { header, trailer };
}

/** Reads a backup to its end. Throws TransferError for one that is not whole. */
export async function checkBackup(chunks: AsyncIterable<Uint8Array>): Promise<CheckedBackup> {
  const entries = readBackup(chunks);
  for (;;) {
    const { done, value } = await entries.next();
    if (done) return value;
  }
}

function foreign(): TransferError {
  return new TransferError('FOREIGN', 'is not a backup of Holdfast');
}

function parse(bytes: Uint8Array, number: number): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    throw number === 1 ? foreign() : damaged(number, 'is not JSON');
  }
}

function readHeader(value: unknown): BackupHeader {
  const { format, version, schema } = (value ?? {}) as Record<string, unknown>;
  if (format !== backupFormat) throw foreign();
  const newer =
    (typeof version === 'number' && version > backupVersion) ||
    (typeof schema === 'number' && schema > newestSchema);
  if (newer) throw new TransferError('NEWER', 'was made by a newer Holdfast: use that one');
  const parsed = backupHeader.safeParse(value);
  if (!parsed.success) throw damaged(1, 'is not a header of this format');
  return parsed.data;
}

function readEntry(value: unknown, line: number): BackupEntry {
  const parsed = backupEntry.safeParse(value);
  if (!parsed.success) throw damaged(line, 'is not a line of this format');
  const [key, stored] = parsed.data.map((text) => Buffer.from(text, 'base64'));
  try {
    const kind = key && kindOf(key);
    if (!kind || !stored) throw damaged(line, 'has a key of an unknown kind');
    kind.record.decode(stored);
    return { key, value: stored, kind, line };
  } catch (cause) {
    if (cause instanceof TransferError) throw cause;
    throw damaged(line, `can not be decoded: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** Parts in their order, keys in theirs: so nothing is there twice. */
function follows(entry: BackupEntry, before: BackupEntry): boolean {
  const parts = order.indexOf(entry.kind.part) - order.indexOf(before.kind.part);
  return parts > 0 || (parts === 0 && Buffer.compare(entry.key, before.key) > 0);
}

function readTrailer(value: unknown, number: number, expected: BackupTrailer): BackupTrailer {
  const parsed = backupTrailer.safeParse(value);
  if (!parsed.success) throw damaged(number, 'is not a line of this format');
  const { data: trailer } = parsed;
  if (trailer.sha256 !== expected.sha256) {
    throw new TransferError('DAMAGED', 'is damaged: its checksum is not that of its lines');
  }
  if (JSON.stringify(trailer) !== JSON.stringify(expected)) {
    throw new TransferError('DAMAGED', 'is damaged: it has not as many lines as its last one says');
  }
  return trailer;
}
