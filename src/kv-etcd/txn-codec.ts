import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { Compare_CompareTarget } from '../etcd/api/etcdserverpb/rpc_pb.js';
import { readHeader } from '../etcd/answer-header.js';
import type { AnswerHeader } from '../etcd/answer-header.js';
import { readFields, readMessage } from '../etcd/read-fields.js';
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

/** No key has this revision. */
const neverHeld = -1;

/** One transaction of etcd for several commits, each nested, with its own checks and outcome. */
export function encodeBatch(commits: readonly Commit[], keyspace: Keyspace): Buffer {
  const writer = new BinaryWriter();
  for (const commit of commits) {
    writeMessage(writer, txnFields.success, () => {
      writeMessage(writer, opFields.txn, () => writeCommit(writer, commit, keyspace));
    });
  }
  if (commits.some(hasPuts)) writeNeverDone(writer, keyspace);
  const { buffer, byteOffset, length } = writer.finish();
  return Buffer.from(buffer, byteOffset, length);
}

/** One result for each of so many commits, in their order. */
export function decodeBatch(
  answer: Uint8Array,
  count: number,
): { readonly header: AnswerHeader; readonly results: readonly CommitResult[] } {
  let header: AnswerHeader | undefined;
  const succeeded: boolean[] = [];
  const reader = new BinaryReader(answer);
  readFields(reader, answer.length, (field) => {
    if (field === answerFields.header) header = readMessage(reader, readHeader);
    else if (field === answerFields.responses) succeeded.push(readMessage(reader, readResponse));
    else return false;
    return true;
  });
  if (!header || succeeded.length !== count) throw new Error('etcd answered to another number of commits');
  const { revision } = header;
  return { header, results: succeeded.map((ok) => (ok ? { ok, revision } : { ok })) };
}

export function hasPuts({ writes }: Commit): boolean {
  return writes.some(({ type }) => type === 'put');
}

/** Whether it is of a nested transaction whose checks held. */
function readResponse(reader: BinaryReader, end: number): boolean {
  let succeeded = false;
  readFields(reader, end, (field) => {
    if (field === responseFields.txn) succeeded = readMessage(reader, readSucceeded);
    return field === responseFields.txn;
  });
  return succeeded;
}

function readSucceeded(reader: BinaryReader, end: number): boolean {
  let succeeded = false;
  readFields(reader, end, (field) => {
    if (field === answerFields.succeeded) succeeded = reader.bool();
    return field === answerFields.succeeded;
  });
  return succeeded;
}

/**
 * A batch has no condition of its own, so what stands under `failure` is never done. But etcd counts only the
 * puts at the top of a transaction against its quota, in either branch: without this one, nested puts would pass
 * a full quota, and the alarm (tried with 3.5.30).
 */
function writeNeverDone(writer: BinaryWriter, { all }: Keyspace): void {
  writeMessage(writer, txnFields.failure, () => {
    writeMessage(writer, opFields.put, () => writeBytes(writer, putFields.key, all.key));
  });
}

/** Its writes have no order any more: no key is in two of them. */
function writeCommit(writer: BinaryWriter, { checks, writes }: Commit, keyspace: Keyspace): void {
  const { puts, deletes, deleteRanges } = finalWrites(writes);
  const writeOp = (field: number, write: () => void) => {
    writeMessage(writer, txnFields.success, () => writeMessage(writer, field, write));
  };
  for (const check of checks) {
    writeMessage(writer, txnFields.compare, () => writeCheck(writer, check, keyspace));
  }
  for (const { key, value } of puts) {
    writeOp(opFields.put, () => {
      writeBytes(writer, putFields.key, keyspace.toEtcd(key));
      writeBytes(writer, putFields.value, value);
    });
  }
  for (const key of deletes) {
    writeOp(opFields.deleteRange, () => writeBytes(writer, rangeFields.key, keyspace.toEtcd(key)));
  }
  for (const range of deleteRanges) {
    writeOp(opFields.deleteRange, () => {
      const { key, rangeEnd } = keyspace.rangeToEtcd(range);
      writeBytes(writer, rangeFields.key, key);
      writeBytes(writer, rangeFields.rangeEnd, rangeEnd);
    });
  }
}

function writeCheck(writer: BinaryWriter, { key, revision }: Check, keyspace: Keyspace): void {
  // etcd compares an absent key as one of revision 0.
  const held = revision !== null && Number.isSafeInteger(revision) && revision > 0;
  writer.tag(compareFields.target, WireType.Varint).int32(Compare_CompareTarget.MOD);
  writeBytes(writer, compareFields.key, keyspace.toEtcd(key));
  writer.tag(compareFields.modRevision, WireType.Varint);
  writer.int64(revision === null ? 0 : held ? revision : neverHeld);
}

function writeMessage(writer: BinaryWriter, field: number, write: () => void): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write();
  writer.join();
}

function writeBytes(writer: BinaryWriter, field: number, value: Uint8Array): void {
  writer.tag(field, WireType.LengthDelimited).bytes(value);
}
