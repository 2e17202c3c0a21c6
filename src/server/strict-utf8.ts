import { configureTextEncoding } from '@bufbuild/protobuf/wire';

/**
 * Makes the protobuf library refuse text that is not UTF-8, as proto3 demands; by default it replaces what
 * is malformed, and a message would be stored other than it was sent.
 */
export function requireValidUtf8(): void {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  configureTextEncoding({
    encodeUtf8: (text) => encoder.encode(text),
    decodeUtf8: (bytes) => decoder.decode(bytes),
    checkUtf8: (text) => text.isWellFormed(),
  });
}
