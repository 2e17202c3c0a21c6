import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeKey, encodeKey, rangeOf, type KeyPart } from './key-codec.js';

const text = fc.string({ unit: 'binary' }).filter((s) => !s.includes('\0'));
const part: fc.Arbitrary<KeyPart> = fc.oneof(
  fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  text,
  fc.uint8Array({ maxLength: 8 }).map((bytes) => Uint8Array.from(bytes)),
);

describe('key codec', () => {
  it('decodes what it encodes', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
        expect(decodeKey(encodeKey(parts))).toEqual(parts);
      }),
    );
  });

  it('keeps the order of numbers, text and bytes', () => {
    const order = (a: KeyPart, b: KeyPart) => Buffer.compare(encodeKey([a]), encodeKey([b]));
    fc.assert(
      fc.property(
        fc.nat({ max: Number.MAX_SAFE_INTEGER }),
        fc.nat({ max: Number.MAX_SAFE_INTEGER }),
        (a, b) => {
          expect(order(a, b)).toBe(Math.sign(a - b));
        },
      ),
    );
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(order(a, b)).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 6 }), fc.uint8Array({ maxLength: 6 }), (a, b) => {
        expect(order(a, b)).toBe(Buffer.compare(a, b));
      }),
    );
  });

  it('keeps extensions of a list of parts, and nothing else, in its range', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 3 }), fc.array(part, { maxLength: 4 }), (prefix, parts) => {
        const { start, end } = rangeOf(prefix);
        const key = encodeKey(parts);
        const inRange = Buffer.compare(start, key) <= 0 && Buffer.compare(key, end) < 0;
        const extends_ =
          parts.length > prefix.length &&
          prefix.every((p, i) => Buffer.compare(encodeKey([p]), encodeKey([parts[i] ?? ''])) === 0);
        expect(inRange).toBe(extends_);
        const extension = encodeKey([...prefix, ...parts, 0]);
        expect(Buffer.compare(start, extension) <= 0 && Buffer.compare(extension, end) < 0).toBe(true);
      }),
    );
  });

  it('throws CORRUPT on any other bytes, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        try {
          decodeKey(bytes);
        } catch (error) {
          expect(error).toMatchObject({ name: 'StoreError', code: 'CORRUPT' });
        }
      }),
    );
  });

  it('refuses numbers that would lose their order', () => {
    for (const bad of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
      expect(() => encodeKey([bad])).toThrow('safe integer');
    }
    expect(() => encodeKey(['a\0b'])).toThrow('NUL');
  });
});
