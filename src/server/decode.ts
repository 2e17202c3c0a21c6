import type { Target } from '../chat/types.js';

// From the API's types to the domain's.

/** Past every sequence number there is no difference between one and another. */
export function decodeSeq(seq: bigint): number {
  return seq > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(seq);
}

export function decodeOptionalSeq(seq: bigint | undefined): number | undefined {
  return seq === undefined ? undefined : decodeSeq(seq);
}

type ApiTarget =
  { readonly case: 'username' | 'conversationId'; readonly value: string } | { readonly case: undefined };

export function decodeTarget(target: ApiTarget): Target | undefined {
  if (target.case === undefined) return undefined;
  return target.case === 'username' ? { username: target.value } : { conversationId: target.value };
}
