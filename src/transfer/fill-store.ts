import { newAccountId } from '../chat/ids.js';
import type { RandomBytes } from '../chat/ids.js';
import { keys } from '../chat/keys.js';
import type { Store } from '../kv/store.js';
import { ImportMarker } from './import-marker.js';
import { patiently } from './patience.js';
import type { Wait } from './patience.js';
import { TransferError } from './transfer-error.js';

/** What an empty store is filled with. */
export type Filling = {
  readonly noun: 'import' | 'restore';
  /** The SHA-256 of the file, by which a run that goes on knows it. */
  readonly sha256: string;
  /** How many it has before its last one. */
  readonly lines: number;
  readonly random: RandomBytes;
  readonly wait: Wait;
};

/** `already`: the store had all of it; nothing was changed. */
export type FillOutcome = { readonly already: boolean; readonly resumed: boolean };

/**
 * Lets `write` fill an empty store, or go on after the line that a run with the same file had come to, and note the lines
 * that it has come to. While that is unfinished, the store has a marker that keeps servers from taking it for whole. Throws NOT_EMPTY or OTHER_IMPORT, then
 * nothing has been changed.
 */
export async function fillStore(
  store: Store,
  { noun, sha256, lines, random, wait }: Filling,
  write: (done: number, note: (line: number) => Promise<void>) => Promise<void>,
): Promise<FillOutcome> {
  const marker = await ImportMarker.read(store, wait);
  const before = marker.record;
  const own = before?.file === sha256;
  if (own && before.state === 'done') return { already: true, resumed: false };
  const resumed = before?.state === 'unfinished';
  if (resumed && !own) {
    throw new TransferError(
      'OTHER_IMPORT',
      `the import of another file into this server was cut off: finish that one, or begin with an empty server`,
    );
  }
  if (!resumed) await requireEmpty(store, noun, wait);
  const line = resumed ? before.line : 0;
  const run = newAccountId(random);
  await marker.put({ file: sha256, run, line, state: 'unfinished' });
  if (!resumed) {
    // Once more: from here on no account is made.
    await requireEmpty(store, noun, wait).catch(async (error: unknown) => {
      await marker.put(before);
      throw error;
    });
  }
  await write(line, (come) => marker.put({ file: sha256, run, line: come, state: 'unfinished' }));
  await marker.put({ file: sha256, run, line: lines, state: 'done' });
  return { already: false, resumed };
}

/** Throws NOT_EMPTY when there is anything that a chat is made of. */
async function requireEmpty(store: Store, noun: Filling['noun'], wait: Wait): Promise<void> {
  const ranges = [keys.accounts(), keys.users(), keys.conversations(), keys.tasks()];
  const { results } = await patiently(wait, () =>
    store.read(ranges.map((range) => ({ ...range, limit: 1 }))),
  );
  if (results.every((entries) => entries.length === 0)) return;
  throw new TransferError('NOT_EMPTY', `the server has data already: ${noun} only into an empty one`);
}
