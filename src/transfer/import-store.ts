import type { RandomBytes } from '../chat/ids.js';
import { keys } from '../chat/keys.js';
import { readRecord } from '../chat/optimistic.js';
import { records } from '../chat/records.js';
import type { Store } from '../kv/store.js';
import { CarefulWriter } from './careful-writer.js';
import type { Trailer } from './export-line.js';
import { fillStore } from './fill-store.js';
import type { FillOutcome } from './fill-store.js';
import { ImportPlan, deletionTask } from './import-plan.js';
import type { Operation } from './import-plan.js';
import { patiently } from './patience.js';
import type { Wait } from './patience.js';
import { readExport } from './read-export.js';
import { TransferError } from './transfer-error.js';

export type ImportOptions = {
  /** The file from its start. */
  readonly open: () => AsyncIterable<Uint8Array>;
  /** Its last line: `checkExport` of the same file. */
  readonly trailer: Trailer;
  readonly random: RandomBytes;
  readonly wait: Wait;
  /** Ends the import between two commits; another run goes on from there. */
  readonly signal?: AbortSignal;
  /** Commits on their way at once, each in its own partition or of other keys. Default: 64. */
  readonly width?: number;
};

export type ImportOutcome = FillOutcome;

/**
 * Brings an export into an empty store, or goes on where a run with the same file was cut off. While it is
 * unfinished, the store has a marker that keeps servers from taking it for whole. Throws NOT_EMPTY or
 * OTHER_IMPORT, then nothing has been changed; CONFLICT, DAMAGED or StoreError, then it is unfinished.
 */
export async function importStore(store: Store, options: ImportOptions): Promise<ImportOutcome> {
  const { trailer, random, wait } = options;
  const { sha256, lines } = trailer;
  const filling = { noun: 'import' as const, sha256, lines, random, wait };
  return fillStore(store, filling, (done, note) => writeLines(store, done, note, options));
}

async function writeLines(
  store: Store,
  done: number,
  note: (line: number) => Promise<void>,
  { open, trailer, wait, signal, width = 64 }: ImportOptions,
): Promise<void> {
  const plan = new ImportPlan(done, width);
  const writer = new CarefulWriter(store, wait);
  const flush = async () => {
    signal?.throwIfAborted();
    const { operations, line } = plan.take();
    if (operations.length === 0) return;
    const outcomes = await Promise.allSettled(
      operations.map((operation) => carryOut(operation, store, writer, wait)),
    );
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    await note(line);
  };
  let end: unknown;
  for await (const { line, number } of readExport(open())) {
    if (plan.needsAllBefore(line)) await flush();
    plan.add(line, number);
    if (plan.full) await flush();
    if (line.type === 'trailer') end = line.sha256;
  }
  await flush();
  if (end !== trailer.sha256) {
    throw new TransferError('DAMAGED', 'was changed while it was imported: begin again with an empty server');
  }
}

async function carryOut(
  operation: Operation,
  store: Store,
  writer: CarefulWriter,
  wait: Wait,
): Promise<void> {
  if (operation.type === 'create') return writer.create(operation.entries);
  if (operation.type === 'deleteTexts') {
    return writer.deleteTexts(operation.conversationId, operation.seqs);
  }
  // The next start of a server finishes the deletion.
  const { accountId } = operation;
  const profile = await patiently(wait, () => readRecord(store, keys.profile(accountId), records.profile));
  if (!profile) return;
  const value = records.task.encode(deletionTask(profile.record.username));
  await writer.create([{ key: keys.task(accountId), value }]);
}
