import { expect, it, onTestFinished } from 'vitest';
import { keys } from '../../src/chat/keys.js';
import { records } from '../../src/chat/records.js';
import { decodeKey } from '../../src/kv/key-codec.js';
import { isWithin } from '../../src/kv-etcd/final-writes.js';
import { StoreError } from '../../src/kv/store-error.js';
import type { Commit, CommitResult, ReadRequest, Snapshot } from '../../src/kv/store.js';
import { LmdbStore } from '../../src/kv-lmdb/lmdb-store.js';
import { storeOver } from '../testkit/store-over.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import { password, startChat } from '../testkit/test-chat.js';

/** A store that goes out of reach with a commit under way, as a node that loses the majority. */
async function startLosing() {
  const lmdb = await LmdbStore.open({ folder: await temporaryFolder() });
  onTestFinished(() => lmdb.close());
  let losing: 'no' | 'at the next commit' | 'after the next commit' | 'now' = 'no';
  const store = storeOver(lmdb, {
    async read(requests: readonly ReadRequest[]): Promise<Snapshot> {
      if (losing === 'now') throw new StoreError('UNAVAILABLE', 'out of reach');
      return lmdb.read(requests);
    },
    async commit(commit: Commit): Promise<CommitResult> {
      if (losing === 'now') throw new StoreError('UNAVAILABLE', 'out of reach');
      if (losing === 'no') return lmdb.commit(commit);
      const applied = losing === 'after the next commit';
      losing = 'now';
      if (applied) return lmdb.commit(commit);
      throw new StoreError('UNKNOWN_OUTCOME', 'no answer');
    },
  });
  const started = await startChat({ store });
  return { ...started, lose: (how: typeof losing) => (losing = how) };
}

it('of a send stays unknown when what follows can not be read', async () => {
  const { chat, join, lose } = await startLosing();
  const ann = await join('ann');
  await join('ben');
  const request = { target: { username: 'ben' }, text: 'hi', clientMessageId: 'a', knownSeq: undefined };
  await chat.messages.send(ann, request);
  lose('at the next commit');
  await expect(chat.messages.send(ann, { ...request, clientMessageId: 'b' })).rejects.toMatchObject({
    reason: 'OUTCOME_UNKNOWN',
  });
  lose('no');
});

it('of the deletion of an account is unknown once it is planned', async () => {
  const { chat, join, lose } = await startLosing();
  const ann = await join('ann');
  lose('after the next commit');
  await expect(chat.accounts.delete(ann, { password })).rejects.toMatchObject({ reason: 'OUTCOME_UNKNOWN' });
  lose('no');
});

it('of a send that was stored is unknown when it can not be read again', async () => {
  const lmdb = await LmdbStore.open({ folder: await temporaryFolder() });
  onTestFinished(() => lmdb.close());
  let lost = false;
  const store = storeOver(lmdb, {
    async commit(commit) {
      const result = await lmdb.commit(commit);
      const isSend = commit.writes.some((write) => write.type === 'put' && decodeKey(write.key)[2] === 'm');
      if (!isSend) return result;
      lost = true;
      throw new StoreError('UNKNOWN_OUTCOME', 'no answer');
    },
    async read(requests) {
      const [first] = requests;
      const isMessage = first && 'key' in first && decodeKey(first.key)[2] === 'm';
      if (lost && isMessage) throw new StoreError('UNAVAILABLE', 'out of reach');
      return lmdb.read(requests);
    },
  });
  const { chat, join } = await startChat({ store });
  const ann = await join('ann');
  const request = { target: { username: 'ann' }, text: 'hi', clientMessageId: 'a', knownSeq: undefined };
  await expect(chat.messages.send(ann, request)).rejects.toMatchObject({ reason: 'OUTCOME_UNKNOWN' });
  lost = false;
  expect(await chat.messages.send(ann, request)).toMatchObject({ seq: 1 });
});

it('of a send stays unknown when so much was said since that it would have to be looked for', async () => {
  const lmdb = await LmdbStore.open({ folder: await temporaryFolder() });
  onTestFinished(() => lmdb.close());
  let lost = false;
  let conversationId = '';
  const store = storeOver(lmdb, {
    async commit(commit) {
      const head = commit.writes.find((write) => write.type === 'put' && decodeKey(write.key)[2] === 'h');
      if (!lost || head?.type !== 'put') return lmdb.commit(commit);
      // Others have sent, through other nodes.
      const record = records.head.decode(head.value);
      const value = records.head.encode({ ...record, seq: record.seq + 10_000 });
      await lmdb.commit({ checks: [], writes: [{ ...head, value }] });
      throw new StoreError('UNKNOWN_OUTCOME', 'no answer');
    },
    async read(requests) {
      const [first] = requests;
      const isPage = first && 'start' in first && isWithin(first.start, keys.messages(conversationId));
      if (lost && isPage) throw new StoreError('UNAVAILABLE', 'out of reach');
      return lmdb.read(requests);
    },
  });
  const { chat, join } = await startChat({ store });
  const ann = await join('ann');
  const request = { target: { username: 'ann' }, text: 'hi', clientMessageId: 'a', knownSeq: undefined };
  ({ conversationId } = await chat.messages.send(ann, request));
  lost = true;
  const next = chat.messages.send(ann, { ...request, clientMessageId: 'b' });
  await expect(next).rejects.toMatchObject({ reason: 'OUTCOME_UNKNOWN' });
});
