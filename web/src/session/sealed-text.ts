/**
 * A secret as it lies in the browser's storage. Where the page is a secure context (HTTPS or localhost), it is
 * encrypted with a key that scripts can use and never read; elsewhere browsers give no key, and it lies plain.
 */
export type SealedText =
  | { readonly kind: 'sealed'; readonly key: CryptoKey; readonly iv: Uint8Array; readonly bytes: ArrayBuffer }
  | { readonly kind: 'plain'; readonly text: string };

const algorithm = 'AES-GCM';

export async function seal(text: string): Promise<SealedText> {
  if (!isSecureContext) return { kind: 'plain', text };
  const key = await crypto.subtle.generateKey({ name: algorithm, length: 256 }, false, [
    'encrypt',
    'decrypt',
  ]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const bytes = await crypto.subtle.encrypt({ name: algorithm, iv }, key, new TextEncoder().encode(text));
  return { kind: 'sealed', key, iv, bytes };
}

/** Throws when it was damaged. */
export async function unseal(sealed: SealedText): Promise<string> {
  if (sealed.kind === 'plain') return sealed.text;
  const iv = new Uint8Array(sealed.iv);
  const bytes = await crypto.subtle.decrypt({ name: algorithm, iv }, sealed.key, sealed.bytes);
  return new TextDecoder().decode(bytes);
}
