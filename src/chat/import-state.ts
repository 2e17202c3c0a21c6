import type { Entry, Store } from '../kv/store.js';
import { ChatError } from './chat-error.js';
import { keys } from './keys.js';
import { readRecord } from './optimistic.js';
import { records } from './records.js';

/** Whether an import or a restore into this store has begun and has not ended: what is there is not whole yet. */
export async function importUnfinished(store: Pick<Store, 'read'>): Promise<boolean> {
  return (await readMarker(store))?.record.state === 'unfinished';
}

/** The same of the entry under the marker's key, read together with what the answer is about. */
export function saysUnfinished(marker: Entry | undefined): boolean {
  return marker !== undefined && records.importMarker.decode(marker.value).state === 'unfinished';
}

/**
 * Throws IMPORT_UNFINISHED. New accounts and new sessions ask first: an import brings no sessions, so that
 * nobody gets at half of the data. Returns the revision of the marker; null: there was never an import.
 */
export async function requireWhole(store: Store): Promise<number | null> {
  const marker = await readMarker(store);
  if (marker?.record.state === 'unfinished') throw unfinished();
  return marker?.revision ?? null;
}

/** Whether an import has begun since `requireWhole` returned this. */
export async function importedSince(store: Store, revision: number | null): Promise<boolean> {
  return ((await readMarker(store))?.revision ?? null) !== revision;
}

/**
 * The same of the marker as it was read together with a session. A restore brings sessions: one that was ended before it
 * is done could come back, and one that it has not brought yet has not ended.
 */
export function requireFinished(marker: Entry | undefined): void {
  if (saysUnfinished(marker)) throw unfinished();
}

export function unfinished(): ChatError {
  return new ChatError('IMPORT_UNFINISHED', { retryDelay: 5_000 });
}

async function readMarker(store: Pick<Store, 'read'>) {
  return readRecord(store, keys.importMarker(), records.importMarker);
}
