import { readHeader } from './answer-header.js';
import type { AnswerHeader } from './answer-header.js';
import { MessageReader } from './message-reader.js';

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

const nothing: Uint8Array = new Uint8Array(0);

/** Keys and values are in the memory of `bytes`. Throws RangeError. */
export function decodeWatchAnswer(bytes: Uint8Array): WatchAnswer {
  let header: AnswerHeader = { revision: 0, raftTerm: 0n };
  let created = false;
  let canceled = false;
  let cancelReason = '';
  let compactRevision = 0;
  const events: WatchEvent[] = [];
  const reader = new MessageReader(bytes);
  while (reader.next()) {
    if (reader.field === fields.events) events.push(reader.message(readEvent));
    else if (reader.field === fields.header) header = reader.message(readHeader);
    else if (reader.field === fields.created) created = reader.varint() !== 0;
    else if (reader.field === fields.canceled) canceled = reader.varint() !== 0;
    else if (reader.field === fields.cancelReason) cancelReason = Buffer.from(reader.data()).toString();
    else if (reader.field === fields.compactRevision) compactRevision = reader.varint();
    else reader.skip();
  }
  return { header, created, canceled, cancelReason, compactRevision, events };
}

function readEvent(reader: MessageReader): WatchEvent {
  let deleted = false;
  let kv: Pick<WatchEvent, 'key' | 'value' | 'revision'> = { key: nothing, value: nothing, revision: 0 };
  while (reader.next()) {
    if (reader.field === eventFields.type) deleted = reader.varint() === 1;
    else if (reader.field === eventFields.kv) kv = reader.message(readKv);
    else reader.skip();
  }
  const { key, value, revision } = kv;
  return { deleted, key, value, revision };
}

function readKv(reader: MessageReader) {
  let key = nothing;
  let value = nothing;
  let revision = 0;
  while (reader.next()) {
    if (reader.field === kvFields.key) key = reader.data();
    else if (reader.field === kvFields.value) value = reader.data();
    else if (reader.field === kvFields.modRevision) revision = reader.varint();
    else reader.skip();
  }
  return { key, value, revision };
}
