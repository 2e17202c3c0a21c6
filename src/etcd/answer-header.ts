import type { BinaryReader } from '@bufbuild/protobuf/wire';
import { readFields } from './read-fields.js';

/** Of etcd's `ResponseHeader`, which every answer has, what is needed often. */
export type AnswerHeader = {
  /** Of the store. */
  readonly revision: number;
  readonly raftTerm: bigint;
};

/** Numbers of fields in proto/etcd. */
const fields = { revision: 3, raftTerm: 4 } as const;

export function readHeader(reader: BinaryReader, end: number): AnswerHeader {
  let revision = 0;
  let raftTerm = 0n;
  readFields(reader, end, (field) => {
    if (field === fields.revision) revision = Number(reader.int64());
    else if (field === fields.raftTerm) raftTerm = BigInt(reader.uint64());
    else return false;
    return true;
  });
  return { revision, raftTerm };
}
