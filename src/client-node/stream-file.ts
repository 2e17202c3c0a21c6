import { z } from 'zod';
import type { StreamPosition } from '../client/event-stream.js';
import { readPrivateFile, removePrivateFile, writePrivateFile } from './private-file.js';
import { StateError } from './state-error.js';
import { accountPath } from './state-folder.js';

const positionSchema = z.object({
  version: z.literal(1),
  resumeToken: z.string(),
  delivered: z.record(z.string(), z.number()),
});

/** How far an account's events were handled on this machine. Throws StateError. */
export class StreamFile {
  private readonly path: string;
  /** One after the other, so that the last one stays. */
  private turn: Promise<void> = Promise.resolve();

  constructor(stateFolder: string, accountId: string) {
    this.path = `${accountPath(stateFolder, 'streams', accountId)}.json`;
  }

  /** Undefined when nothing was kept yet. */
  async load(): Promise<StreamPosition | undefined> {
    const text = await readPrivateFile(this.path);
    if (text === undefined) return undefined;
    try {
      const { resumeToken, delivered } = positionSchema.parse(JSON.parse(text));
      return { resumeToken, delivered };
    } catch (cause) {
      throw new StateError(`${this.path} is damaged: remove it to begin with what happens now`, { cause });
    }
  }

  /** A power failure may undo the latest ones. */
  async save({ resumeToken, delivered }: StreamPosition): Promise<void> {
    const text = `${JSON.stringify({ version: 1, resumeToken, delivered })}\n`;
    const written = this.turn.then(() => writePrivateFile(this.path, text, { sync: false }));
    this.turn = written.catch(() => undefined);
    await written;
  }

  async clear(): Promise<void> {
    await removePrivateFile(this.path);
  }
}
