import { exportLine, formatName, formatVersion } from './export-line.js';
import type { ExportLine, Trailer } from './export-line.js';
import { LineOrder } from './line-order.js';
import { foreign, readLines, truncated } from './line-reader.js';
import { Tally } from './tally.js';
import { TransferError, damaged } from './transfer-error.js';

/** A line and its number, from 1. */
export type NumberedLine = { readonly line: ExportLine; readonly number: number };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The lines of an export, each checked by itself and against those before it; the last one is the trailer,
 * checked against all. Until it has come, nothing is proven. Throws TransferError.
 */
export async function* readExport(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<NumberedLine> {
  const order = new LineOrder();
  const tally = new Tally();
  let number = 0;
  let ended = false;
  for await (const bytes of readLines(chunks)) {
    number += 1;
    if (ended) throw damaged(number, 'follows the last one');
    const line = parse(bytes, number);
    const wrong = order.accept(line);
    if (wrong !== undefined) throw damaged(number, wrong);
    if (line.type === 'trailer') {
      checkTrailer(line, tally.trailer());
      ended = true;
    } else {
      tally.add(line, bytes);
    }
    yield { line, number };
  }
  if (!ended) throw truncated();
}

/** Reads an export to its end and returns its last line. Throws TransferError for one that is not whole. */
export async function checkExport(chunks: AsyncIterable<Uint8Array>): Promise<Trailer> {
  let last: ExportLine | undefined;
  for await (const { line } of readExport(chunks)) last = line;
  if (last?.type !== 'trailer') throw truncated();
  return last;
}

function parse(bytes: Uint8Array, number: number): ExportLine {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    throw number === 1 ? foreign() : damaged(number, 'is not JSON');
  }
  if (number === 1) requireFormat(value);
  const parsed = exportLine.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.join('.');
  throw damaged(number, field ? `has a malformed ${field}` : 'is not a line of this format');
}

function requireFormat(value: unknown): void {
  if (typeof value !== 'object' || value === null) throw foreign();
  const { format, version } = value as { format?: unknown; version?: unknown };
  if (format !== formatName) throw foreign();
  if (typeof version === 'number' && version > formatVersion) {
    throw new TransferError(
      'NEWER',
      `was made by a newer Holdfast, in version ${version} of the format: use that one`,
    );
  }
}

function checkTrailer(found: Trailer, actual: Trailer): void {
  if (found.sha256 !== actual.sha256) {
    throw new TransferError('DAMAGED', 'is damaged: its checksum is not that of its lines');
  }
  if (JSON.stringify(found) !== JSON.stringify(actual)) {
    throw new TransferError('DAMAGED', 'is damaged: its last line does not count what is in it');
  }
}
