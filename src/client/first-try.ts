import type { OutboxRecord, OutboxStorage } from './outbox-storage.js';
import type { OutboxSender } from './outbox-sender.js';

/**
 * Makes an entry ready to be sent: fixes the number that its retries are recognised by, once and for all,
 * in the storage. Returns the record as it is there; undefined when it is there no more, because another
 * process has sent or dropped it. Throws what the sender and the storage throw, and the signal's reason.
 *
 * Why a retry is safe however late it comes: whatever copy of the message a server has stored has a higher
 * number than `knownSeq`, so a server that looks after `knownSeq` finds it. For `knownSeq` was read before
 * the message was first sent. That holds for several processes too: each one reads the number first and the
 * storage after it. If a copy is stored by the time the number is read, whoever sent it had put its own,
 * earlier number into the storage before; that one is found here and used.
 */
export async function prepareFirstTry(
  storage: OutboxStorage,
  sender: OutboxSender,
  record: OutboxRecord,
  signal: AbortSignal,
): Promise<OutboxRecord | undefined> {
  let { target, knownSeq } = record;
  if (knownSeq === undefined) {
    const found = await sender.find(target, signal);
    knownSeq = found?.seq ?? 0;
    // From now on by id: the name may become another person's.
    if (found) target = { ...target, conversationId: found.conversationId };
  }
  const kept = await storage.get(record.key);
  signal.throwIfAborted();
  if (!kept || kept.tried || kept.refusal) return kept;
  const fixed = { ...kept, target, knownSeq: kept.knownSeq ?? knownSeq, tried: true };
  await storage.put(fixed);
  signal.throwIfAborted();
  return fixed;
}
