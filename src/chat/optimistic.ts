import type { CommitResult, Key, Store } from '../kv/store.js';
import type { RecordType } from './record.js';
import { ChatError } from './chat-error.js';

const attempts = 100;

/** A stored record with the revision to check for. */
export type Stored<T> = { readonly record: T; readonly revision: number };

export async function readRecord<T>(
  store: Pick<Store, 'read'>,
  key: Key,
  type: RecordType<T>,
): Promise<Stored<T> | undefined> {
  const [entries] = (await store.read([{ key }])).results;
  const entry = entries?.[0];
  return entry && { record: type.decode(entry.value), revision: entry.revision };
}

/**
 * Runs `attempt` until its commit's checks hold; it reads anew each time. It returns undefined when a check
 * failed. Throws CONTENDED when that never ends.
 */
export async function optimistically<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  for (let i = 0; i < attempts; i += 1) {
    const outcome = await attempt();
    if (outcome !== undefined) return outcome;
  }
  throw new ChatError('CONTENDED');
}

/** For an attempt that only commits: true, or undefined when a check failed. */
export function applied(result: CommitResult): true | undefined {
  return result.ok ? true : undefined;
}
