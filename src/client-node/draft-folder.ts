import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Target } from '../client/types.js';
import { readPrivateFile, removePrivateFile, writePrivateFile } from './private-file.js';
import { StateError } from './state-error.js';
import { accountPath } from './state-folder.js';

/**
 * What one account has begun to write, a file for each conversation: several clients on this machine don't
 * undo each other's. Throws StateError.
 */
export class DraftFolder {
  private readonly folder: string;

  constructor(stateFolder: string, accountId: string) {
    this.folder = accountPath(stateFolder, 'drafts', accountId);
  }

  /** Empty when there is none. */
  async load(target: Target): Promise<string> {
    return (await readPrivateFile(this.path(target))) ?? '';
  }

  /** An empty one is removed. A power failure may undo the latest ones. */
  async save(target: Target, text: string): Promise<void> {
    if (text === '') await removePrivateFile(this.path(target));
    else await writePrivateFile(this.path(target), text, { sync: false });
  }

  /** All of them, for good. */
  async clear(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private path(target: Target): string {
    const { conversationId } = target;
    const name = conversationId ?? `with.${target.username.toLowerCase()}`;
    if (!/^[A-Za-z0-9._-]+$/.test(name)) throw new StateError(`${name} is no conversation`);
    return join(this.folder, `${name}.txt`);
  }
}
