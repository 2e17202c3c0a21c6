const VARINT = 0;
const BIT64 = 1;
const BYTES = 2;
const BIT32 = 5;

/**
 * Goes through an encoded message of Protocol Buffers, field by field, and through those within it. For what comes with
 * every message that is sent: to decode it all by its description takes ten times as long, and most of it nobody needs.
 */
export class MessageReader {
  /** Number of the field that `next` has come to. Its value is to be read, or skipped, before the next one. */
  field = 0;
  private type = VARINT;
  private at = 0;
  private end: number;

  constructor(private readonly bytes: Uint8Array) {
    this.end = bytes.length;
  }

  /** False at the message's end. */
  next(): boolean {
    if (this.at >= this.end) return false;
    const tag = this.varint();
    this.field = tag >>> 3;
    this.type = tag & 7;
    return true;
  }

  /** Of a number, an enumeration or a flag. Exact up to `Number.MAX_SAFE_INTEGER`. */
  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.bytes[this.at];
      if (byte === undefined) throw new RangeError('a message of Protocol Buffers is cut off');
      this.at += 1;
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  }

  /** In the memory of the whole message. */
  data(): Uint8Array {
    const start = this.pass(this.varint());
    return this.bytes.subarray(start, this.at);
  }

  /** Reads a message within this one: `read` is to go through its fields with this same reader. */
  message<T>(read: (reader: this) => T): T {
    const outer = this.end;
    const start = this.pass(this.varint());
    this.end = this.at;
    this.at = start;
    const value = read(this);
    this.end = outer;
    return value;
  }

  skip(): void {
    if (this.type === VARINT) this.varint();
    else if (this.type === BYTES) this.pass(this.varint());
    else if (this.type === BIT64) this.pass(8);
    else if (this.type === BIT32) this.pass(4);
    else throw new RangeError(`a message of Protocol Buffers has a field of the unknown type ${this.type}`);
  }

  /** Where it was before. */
  private pass(length: number): number {
    const start = this.at;
    if (length > this.end - start) throw new RangeError('a message of Protocol Buffers is cut off');
    this.at = start + length;
    return start;
  }
}
