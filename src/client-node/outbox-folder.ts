import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { OutboxRecord, OutboxStorage } from '../client/outbox-storage.js';
import { namesIn, readPrivateFile, removePrivateFile, writePrivateFile } from './private-file.js';
import { StateError } from './state-error.js';
import { accountPath } from './state-folder.js';

const recordSchema = z.object({
  key: z.string(),
  order: z.number(),
  clientMessageId: z.string(),
  target: z.union([
    z.object({ conversationId: z.string(), username: z.string().optional() }),
    z.object({ username: z.string() }),
  ]),
  text: z.string(),
  addTime: z.number(),
  knownSeq: z.number().optional(),
  tried: z.boolean(),
  refusal: z.object({ reason: z.string(), message: z.string() }).optional(),
});

const fileSchema = z.object({ version: z.literal(1), record: recordSchema });

const ending = '.json';
/** Milliseconds after which a file that is being written must be done. */
const leftAlone = 3_600_000;

/**
 * The outbox of one account in a folder, a file for each entry: several processes may add and remove at the
 * same time without waiting for each other, and a crash can't damage more than what it writes, which is
 * then not there. Throws StateError.
 */
export class OutboxFolder implements OutboxStorage {
  private readonly folder: string;

  constructor(stateFolder: string, accountId: string) {
    this.folder = accountPath(stateFolder, 'outbox', accountId);
  }

  async load(): Promise<readonly OutboxRecord[]> {
    const names = await namesIn(this.folder);
    await this.tidy(names.filter((name) => name.endsWith('.new')));
    const keys = names.filter((name) => name.endsWith(ending)).map((name) => name.slice(0, -ending.length));
    const records = await Promise.all(keys.map((key) => this.get(key)));
    return records.filter((record) => record !== undefined);
  }

  async get(key: string): Promise<OutboxRecord | undefined> {
    const path = this.path(key);
    const text = await readPrivateFile(path);
    if (text === undefined) return undefined;
    try {
      return fileSchema.parse(JSON.parse(text)).record;
    } catch (cause) {
      throw new StateError(`${path} is damaged: move it away; it holds a message that was not sent`, {
        cause,
      });
    }
  }

  async put(record: OutboxRecord): Promise<void> {
    const text = JSON.stringify({ version: 1, record }, null, 2);
    await writePrivateFile(this.path(record.key), `${text}\n`);
  }

  async remove(key: string): Promise<void> {
    await removePrivateFile(this.path(key));
  }

  /** The whole outbox, for good. */
  async clear(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Removes what processes that have died were writing; what is younger may still be written. */
  private async tidy(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const path = join(this.folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found && Date.now() - found.mtimeMs > leftAlone) await rm(path, { force: true });
    }
  }

  private path(key: string): string {
    return join(this.folder, `${key}${ending}`);
  }
}
