import type { MessageReader } from './message-reader.js';

/** Of etcd's `ResponseHeader`, which every answer has, what is needed often. */
export type AnswerHeader = {
  /** Of the store. */
  readonly revision: number;
  readonly raftTerm: bigint;
};

/** Numbers of fields in proto/etcd. */
const fields = { revision: 3, raftTerm: 4 } as const;

export function readHeader(reader: MessageReader): AnswerHeader {
  let revision = 0;
  let raftTerm = 0;
  while (reader.next()) {
    if (reader.field === fields.revision) revision = reader.varint();
    else if (reader.field === fields.raftTerm) raftTerm = reader.varint();
    else reader.skip();
  }
  return { revision, raftTerm: BigInt(raftTerm) };
}
