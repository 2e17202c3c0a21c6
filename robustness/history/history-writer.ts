import { createWriteStream } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { moment } from '../moment.js';
import type { HistoryRecord } from './record.js';

/** Omits a key from each member of a union on its own. */
type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Appends records to a file, in the order that they are made in. */
export class HistoryWriter {
  private readonly file: WriteStream;

  constructor(path: string) {
    this.file = createWriteStream(path, { flags: 'a' });
  }

  /** Writes the record down with the time of now, which is returned. */
  add(record: Without<HistoryRecord, 'at'>): number {
    const at = moment();
    this.file.write(`${JSON.stringify({ ...record, at })}\n`);
    return at;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.file.once('error', reject);
      this.file.end(resolve);
    });
  }
}
