import { expect, it, onTestFinished } from 'vitest';
import { StoreError } from '../../src/kv/store-error.js';
import { LmdbStore } from '../../src/kv-lmdb/lmdb-store.js';
import { eventually } from '../testkit/deadline.js';
import { storeOver } from '../testkit/store-over.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import { say, startChat } from '../testkit/test-chat.js';
import { lengthen } from './long-log.js';

const length = 3_000;

it('of one session stays when a commit before them has failed (G4)', async () => {
  const lmdb = await LmdbStore.open({ folder: await temporaryFolder() });
  onTestFinished(() => lmdb.close());
  /** Fails the commit that waits for it. */
  let fail: (() => void) | undefined;
  let holding = false;
  const store = storeOver(lmdb, {
    async commit(commit) {
      if (!holding) return lmdb.commit(commit);
      holding = false;
      await new Promise<void>((resolve) => (fail = resolve));
      throw new StoreError('UNAVAILABLE', 'out of reach');
    },
  });
  const { chat, join } = await startChat({ store });
  const ann = await join('ann');
  const { conversationId } = await say(chat, ann, 'ann', 'one');
  await lengthen(lmdb, conversationId, length);
  // The writer learns of what was put beside it.
  await say(chat, ann, 'ann', 'two');
  const send = async (text: string, knownSeq: number) => {
    const place = chat.messages.place('session');
    const target = { conversationId };
    return chat.messages
      .send(ann, { target, text, clientMessageId: text, knownSeq, place })
      .finally(() => place.leave());
  };
  holding = true;
  const lost = send('lost', length);
  await eventually('a commit waits', () => fail !== undefined);
  // The one looks further back for itself than the other.
  const sent = [send('first', 100), send('second', length)];
  // Both are queued behind the commit that waits.
  const next = chat.messages.place('session');
  await next.turn;
  next.leave();
  fail?.();
  await expect(lost).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  const [first, second] = await Promise.all(sent);
  expect([first?.seq, second?.seq]).toEqual([length + 2, length + 3]);
});
