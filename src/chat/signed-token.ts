import { createHash } from 'node:crypto';
import { pack, unpack } from 'msgpackr';

const checksumBytes = 12;

function checksum(purpose: string, payload: Uint8Array): Buffer {
  return createHash('sha256')
    .update(`holdfast ${purpose}\0`)
    .update(payload)
    .digest()
    .subarray(0, checksumBytes);
}

/**
 * Text that carries values through a caller and back. The checksum tells apart what this service made from
 * what was damaged; it is no secret, so a token never grants anything that its caller could not ask for.
 */
export function makeToken(purpose: string, values: readonly unknown[]): string {
  const payload = pack(values);
  return Buffer.concat([checksum(purpose, payload), payload]).toString('base64url');
}

/** The values that `makeToken` was given for the same purpose, or undefined. */
export function readToken(purpose: string, token: string): readonly unknown[] | undefined {
  if (token.length > 8_192 || !/^[A-Za-z0-9_-]+$/.test(token)) return undefined;
  const bytes = Buffer.from(token, 'base64url');
  const payload = bytes.subarray(checksumBytes);
  if (!checksum(purpose, payload).equals(bytes.subarray(0, checksumBytes))) return undefined;
  // Decoding ignores the last bits of the last character: only the canonical text is ours.
  if (bytes.toString('base64url') !== token) return undefined;
  try {
    const values: unknown = unpack(payload);
    return Array.isArray(values) ? values : undefined;
  } catch {
    return undefined;
  }
}
