import type { BinaryReader } from '@bufbuild/protobuf/wire';

/**
 * Goes through the fields of an encoded message of Protocol Buffers, up to `end`. For what comes with every message that is
 * sent: to decode all of it by its description takes ten times as long, and most of it nobody needs. `read` reads the value of
 * the field with this number, or returns false for one that is not needed. Throws when the message is cut off.
 */
export function readFields(reader: BinaryReader, end: number, read: (field: number) => boolean): void {
  while (reader.pos < end) {
    const [field, type] = reader.tag();
    if (!read(field)) reader.skip(type, field);
    if (reader.pos > end) throw new RangeError('a message of Protocol Buffers is cut off');
  }
}

/** Reads a message within another one; `read` gets where it ends. */
export function readMessage<T>(reader: BinaryReader, read: (reader: BinaryReader, end: number) => T): T {
  const length = reader.uint32();
  return read(reader, reader.pos + length);
}
