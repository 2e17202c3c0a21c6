import type { Key, KeyRange } from './store.js';
import { StoreError } from './store-error.js';

/** Part of a key: text without NUL, a safe integer from 0, or bytes. */
export type KeyPart = string | number | Uint8Array;

const NUMBER = 0x01;
const TEXT = 0x02;
const BYTES = 0x03;

/**
 * Encodes parts into a key whose byte order is the order of the parts: numbers by value, text by its
 * UTF-8, and every key that extends a list of parts lies within `rangeOf` that list.
 *
 * Number: 01, then 7 bytes big-endian. Text: 02, UTF-8, 00. Bytes: 03, each 00 followed by ff, 00 00.
 */
export function encodeKey(parts: readonly KeyPart[]): Key {
  const chunks: Uint8Array[] = [];
  for (const part of parts) {
    if (typeof part === 'number') chunks.push(encodeNumber(part));
    else if (typeof part === 'string') chunks.push(encodeText(part));
    else chunks.push(encodeBytes(part));
  }
  return Buffer.concat(chunks);
}

/** Every key that starts with these parts and has more. */
export function rangeOf(parts: readonly KeyPart[]): KeyRange {
  const prefix = encodeKey(parts);
  return {
    start: Buffer.concat([prefix, Uint8Array.of(0x00)]),
    end: Buffer.concat([prefix, Uint8Array.of(0xff)]),
  };
}

/** The parts that `encodeKey` was given. Throws `CORRUPT` on bytes that it does not make. */
export function decodeKey(key: Key): KeyPart[] {
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.length);
  const parts: KeyPart[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at];
    at += 1;
    if (tag === NUMBER) {
      if (at + 7 > bytes.length) throw corrupt();
      parts.push(bytes.readUIntBE(at, 1) * 2 ** 48 + bytes.readUIntBE(at + 1, 6));
      at += 7;
    } else if (tag === TEXT) {
      const end = bytes.indexOf(0, at);
      if (end < 0) throw corrupt();
      parts.push(bytes.toString('utf8', at, end));
      at = end + 1;
    } else if (tag === BYTES) {
      const out: number[] = [];
      for (;;) {
        const byte = bytes[at];
        if (byte === undefined) throw corrupt();
        at += 1;
        if (byte !== 0) {
          out.push(byte);
          continue;
        }
        const escape = bytes[at];
        at += 1;
        if (escape === 0xff) out.push(0);
        else if (escape === 0x00) break;
        else throw corrupt();
      }
      parts.push(Uint8Array.from(out));
    } else {
      throw corrupt();
    }
  }
  return parts;
}

function corrupt(): StoreError {
  return new StoreError('CORRUPT', 'a key is not in the form that this program writes');
}

function encodeNumber(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new StoreError('INVALID', 'a number in a key is a safe integer from 0');
  }
  const bytes = Buffer.alloc(8);
  bytes[0] = NUMBER;
  bytes[1] = Math.floor(value / 2 ** 48);
  bytes.writeUIntBE(value % 2 ** 48, 2, 6);
  return bytes;
}

function encodeText(text: string): Uint8Array {
  if (text.includes('\0')) throw new StoreError('INVALID', 'text in a key has no NUL');
  return Buffer.from(`${String.fromCharCode(TEXT)}${text}\0`, 'utf8');
}

function encodeBytes(value: Uint8Array): Uint8Array {
  const out = [BYTES];
  for (const byte of value) {
    out.push(byte);
    if (byte === 0) out.push(0xff);
  }
  out.push(0, 0);
  return Uint8Array.from(out);
}
