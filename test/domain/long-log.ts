import { keys } from '../../src/chat/keys.js';
import { records } from '../../src/chat/records.js';
import type { Store, Write } from '../../src/kv/store.js';

/**
 * Fills a conversation that has one message up to `last`, straight into the store: as if its sender had sent them all,
 * with the client message ids `long-2`, `long-3`, …
 */
export async function lengthen(store: Store, conversationId: string, last: number): Promise<void> {
  const [firsts, heads] = (
    await store.read([{ key: keys.message(conversationId, 1) }, { key: keys.head(conversationId) }])
  ).results;
  const [first, head] = [firsts?.[0], heads?.[0]];
  if (!first || !head) throw new Error('the conversation has no message yet');
  const message = records.message.decode(first.value);
  for (let seq = 2; seq <= last;) {
    const writes: Write[] = [];
    for (; seq <= last && writes.length < 500; seq += 1) {
      const value = records.message.encode({ ...message, ordinal: seq, clientMessageId: `long-${seq}` });
      writes.push({ type: 'put', key: keys.message(conversationId, seq), value });
    }
    await store.commit({ checks: [], writes });
  }
  const before = records.head.decode(head.value);
  const counts = before.counts.map((count) => (count > 0 ? last : 0));
  const value = records.head.encode({ ...before, seq: last, counts });
  await store.commit({ checks: [], writes: [{ type: 'put', key: keys.head(conversationId), value }] });
}
