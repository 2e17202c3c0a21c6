import { Compare_CompareTarget } from '../etcd/api/etcdserverpb/rpc_pb.js';
import { readHeader } from '../etcd/answer-header.js';
import type { AnswerHeader } from '../etcd/answer-header.js';
import { MessageReader } from '../etcd/message-reader.js';
import { MessageWriter } from '../etcd/message-writer.js';
import type { Check, Commit, CommitResult } from '../kv/store.js';
import { finalWrites } from './final-writes.js';
import type { Keyspace } from './keyspace.js';

/** Numbers of fields in proto/etcd. */
const txnFields = { compare: 1, success: 2, failure: 3 } as const;
const opFields = { put: 2, deleteRange: 3, txn: 4 } as const;
const compareFields = { target: 2, key: 3, modRevision: 6 } as const;
const putFields = { key: 1, value: 2 } as const;
const rangeFields = { key: 1, rangeEnd: 2 } as const;
const answerFields = { header: 1, succeeded: 2, responses: 3 } as const;
const responseFields = { txn: 4 } as const;

/** No key has it. */
const neverHeld = Number.MAX_SAFE_INTEGER;
/** Bytes of a batch beside its keys and values, for each commit, about. */
const commitBytes = 256;

/** One transaction of etcd for several commits, each nested, with its own checks and outcome. */
export function encodeBatch(commits: readonly Commit[], keyspace: Keyspace): Buffer {
  const writer = new MessageWriter(commitBytes * (commits.length + 1));
  // In reverse, as it is written from its end.
  if (commits.some(hasPuts)) writeNeverDone(writer, keyspace);
  for (const commit of commits.toReversed()) {
    writer.message(txnFields.success, () => {
      writer.message(opFields.txn, () => writeCommit(writer, commit, keyspace));
    });
  }
  return writer.finish();
}

/** One result for each of so many commits, in their order. */
export function decodeBatch(
  answer: Uint8Array,
  count: number,
): { readonly header: AnswerHeader; readonly results: readonly CommitResult[] } {
  let header: AnswerHeader | undefined;
  const succeeded: boolean[] = [];
  const reader = new MessageReader(answer);
  while (reader.next()) {
    if (reader.field === answerFields.header) header = reader.message(readHeader);
    else if (reader.field === answerFields.responses) succeeded.push(reader.message(readResponse));
    else reader.skip();
  }
  if (!header || succeeded.length !== count) throw new Error('etcd answered to another number of commits');
  const { revision } = header;
  return { header, results: succeeded.map((ok) => (ok ? { ok, revision } : { ok })) };
}

export function hasPuts({ writes }: Commit): boolean {
  return writes.some(({ type }) => type === 'put');
}

/** Whether it is of a nested transaction whose checks held. */
function readResponse(reader: MessageReader): boolean {
  let succeeded = false;
  while (reader.next()) {
    if (reader.field === responseFields.txn) succeeded = reader.message(readSucceeded);
    else reader.skip();
  }
  return succeeded;
}

function readSucceeded(reader: MessageReader): boolean {
  let succeeded = false;
  while (reader.next()) {
    if (reader.field === answerFields.succeeded) succeeded = reader.varint() !== 0;
    else reader.skip();
  }
  return succeeded;
}

/**
 * A batch has no condition of its own, so what stands under `failure` is never done. But etcd counts only the
 * puts at the top of a transaction against its quota, in either branch: without this one, nested puts would pass
 * a full quota, and the alarm (tried with 3.5.30).
 */
function writeNeverDone(writer: MessageWriter, { all }: Keyspace): void {
  writer.message(txnFields.failure, () => {
    writer.message(opFields.put, () => writer.data(putFields.key, all.key));
  });
}

/** Its writes have no order any more: no key is in two of them. */
function writeCommit(writer: MessageWriter, { checks, writes }: Commit, keyspace: Keyspace): void {
  const { puts, deletes, deleteRanges } = finalWrites(writes);
  const writeOp = (field: number, write: () => void) => {
    writer.message(txnFields.success, () => writer.message(field, write));
  };
  for (const range of deleteRanges) {
    writeOp(opFields.deleteRange, () => {
      const { key, rangeEnd } = keyspace.rangeToEtcd(range);
      writer.data(rangeFields.rangeEnd, rangeEnd);
      writer.data(rangeFields.key, key);
    });
  }
  for (const key of deletes) {
    writeOp(opFields.deleteRange, () => writer.data(rangeFields.key, keyspace.toEtcd(key)));
  }
  for (const { key, value } of puts) {
    writeOp(opFields.put, () => {
      writer.data(putFields.value, value);
      writer.data(putFields.key, keyspace.toEtcd(key));
    });
  }
  for (const check of checks) {
    writer.message(txnFields.compare, () => writeCheck(writer, check, keyspace));
  }
}

function writeCheck(writer: MessageWriter, { key, revision }: Check, keyspace: Keyspace): void {
  // etcd compares an absent key as one of revision 0.
  const held = revision !== null && Number.isSafeInteger(revision) && revision > 0;
  writer.varint(compareFields.modRevision, revision === null ? 0 : held ? revision : neverHeld);
  writer.data(compareFields.key, keyspace.toEtcd(key));
  writer.varint(compareFields.target, Compare_CompareTarget.MOD);
}
