const VARINT = 0;
const BYTES = 2;

/** Bytes of a tag or a number at most. */
const longestVarint = 10;

/**
 * Encodes a message of Protocol Buffers from its end to its start: the length of what is within it stands before that, and
 * is known once that is written. So fields are to be written in reverse.
 */
export class MessageWriter {
  private buffer: Buffer;
  /** What is written begins here. */
  private start: number;

  /** `capacity`: bytes that it begins with; it grows. */
  constructor(capacity: number) {
    this.buffer = Buffer.allocUnsafe(capacity);
    this.start = capacity;
  }

  /** A number from 0 to `Number.MAX_SAFE_INTEGER`. */
  varint(field: number, value: number): void {
    this.number(value);
    this.number(field * 8 + VARINT);
  }

  data(field: number, value: Uint8Array): void {
    this.reserve(value.length);
    this.start -= value.length;
    this.buffer.set(value, this.start);
    this.number(value.length);
    this.number(field * 8 + BYTES);
  }

  /** `write` is to write the message's fields with this same writer. */
  message(field: number, write: () => void): void {
    const left = this.buffer.length - this.start;
    write();
    this.number(this.buffer.length - this.start - left);
    this.number(field * 8 + BYTES);
  }

  finish(): Buffer {
    return this.buffer.subarray(this.start);
  }

  private number(value: number): void {
    this.reserve(longestVarint);
    let length = 1;
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length += 1;
    this.start -= length;
    let rest = value;
    for (let i = this.start; i < this.start + length - 1; i += 1) {
      this.buffer[i] = (rest % 128) + 128;
      rest = Math.floor(rest / 128);
    }
    this.buffer[this.start + length - 1] = rest;
  }

  private reserve(length: number): void {
    if (this.start >= length) return;
    const written = this.finish();
    const larger = Buffer.allocUnsafe(2 * this.buffer.length + length);
    this.start = larger.length - written.length;
    larger.set(written, this.start);
    this.buffer = larger;
  }
}
