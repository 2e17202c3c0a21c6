import { lineBytes as exportLineBytes } from './export-line.js';
import { TransferError, damaged } from './transfer-error.js';

export type LineFormat = {
  /** That a line has at most. */
  readonly lineBytes: number;
  /** The error for a file of another kind. */
  readonly foreign: () => TransferError;
};

const exportFormat: LineFormat = { lineBytes: exportLineBytes, foreign: () => foreign() };

/** Lines with their ends, as they are in the file. Throws FOREIGN, TRUNCATED or DAMAGED. */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  { lineBytes, foreign }: LineFormat = exportFormat,
): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  let number = 1;
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
      yield bytes.subarray(start, end + 1);
      start = end + 1;
      number += 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > lineBytes) throw number === 1 ? foreign() : damaged(number, 'has no end');
  }
  if (rest.length > 0 || number === 1) throw number === 1 ? foreign() : truncated();
}

export function foreign(): TransferError {
  return new TransferError('FOREIGN', 'is not an export of Holdfast');
}

export function truncated(): TransferError {
  return new TransferError('TRUNCATED', 'is cut off: its end is missing');
}
