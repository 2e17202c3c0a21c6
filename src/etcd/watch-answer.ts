import { BinaryReader } from '@bufbuild/protobuf/wire';
import { readHeader } from './answer-header.js';
import type { AnswerHeader } from './answer-header.js';
import { readFields, readMessage } from './read-fields.js';

/** A key was put, or deleted, at a revision. */
export type WatchEvent = {
  readonly deleted: boolean;
  readonly key: Uint8Array;
  /** Empty when it was deleted. */
  readonly value: Uint8Array;
  readonly revision: number;
};

/** Of etcd's `WatchResponse` what is needed. */
export type WatchAnswer = {
  readonly header: AnswerHeader;
  readonly created: boolean;
  readonly canceled: boolean;
  readonly cancelReason: string;
  /** 0: nothing that was asked for is compacted. */
  readonly compactRevision: number;
  readonly events: readonly WatchEvent[];
};

/** Numbers of fields in proto/etcd. */
const fields = {
  header: 1,
  created: 3,
  canceled: 4,
  compactRevision: 5,
  cancelReason: 6,
  events: 11,
} as const;
const eventFields = { type: 1, kv: 2 } as const;
const kvFields = { key: 1, modRevision: 3, value: 5 } as const;

type KeyValue = Pick<WatchEvent, 'key' | 'value' | 'revision'>;

const nothing: Uint8Array = new Uint8Array(0);
const noKv: KeyValue = { key: nothing, value: nothing, revision: 0 };

/** Keys and values are in the memory of `bytes`. Throws when they are cut off. */
export function decodeWatchAnswer(bytes: Uint8Array): WatchAnswer {
  let header: AnswerHeader = { revision: 0, raftTerm: 0n };
  let created = false;
  let canceled = false;
  let cancelReason = '';
  let compactRevision = 0;
  const events: WatchEvent[] = [];
  const reader = new BinaryReader(bytes);
  readFields(reader, bytes.length, (field) => {
    if (field === fields.events) events.push(readMessage(reader, readEvent));
    else if (field === fields.header) header = readMessage(reader, readHeader);
    else if (field === fields.created) created = reader.bool();
    else if (field === fields.canceled) canceled = reader.bool();
    else if (field === fields.cancelReason) cancelReason = reader.string();
    else if (field === fields.compactRevision) compactRevision = Number(reader.int64());
    else return false;
    return true;
  });
  return { header, created, canceled, cancelReason, compactRevision, events };
}

function readEvent(reader: BinaryReader, end: number): WatchEvent {
  let deleted = false;
  let kv = noKv;
  readFields(reader, end, (field) => {
    if (field === eventFields.type) deleted = reader.int32() === 1;
    else if (field === eventFields.kv) kv = readMessage(reader, readKv);
    else return false;
    return true;
  });
  return { deleted, ...kv };
}

function readKv(reader: BinaryReader, end: number): KeyValue {
  let { key, value, revision } = noKv;
  readFields(reader, end, (field) => {
    if (field === kvFields.key) key = reader.bytes();
    else if (field === kvFields.value) value = reader.bytes();
    else if (field === kvFields.modRevision) revision = Number(reader.int64());
    else return false;
    return true;
  });
  return { key, value, revision };
}
