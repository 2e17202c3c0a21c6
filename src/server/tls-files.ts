import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { isLoopback } from './bind-address.js';
import { ConfigError } from './config.js';
import type { TlsConfig } from './config.js';

/** What the files of a configuration's `tls` hold; it fits together. */
export type TlsMaterial = {
  /** PEM, with what leads from it to the authority. */
  readonly cert: Buffer;
  readonly key: Buffer;
  /** The authorities that the nodes of a cluster trust each other by; undefined: none is configured. */
  readonly ca: Buffer | undefined;
  readonly until: Date;
  /** Host names and IP addresses that the certificate is for. */
  readonly names: readonly string[];
};

const clientUsage = '1.3.6.1.5.5.7.3.2';

/**
 * Reads the files and checks that they can be used together: the key is the certificate's, and where there is `ca`,
 * it signs the certificate, for clients too, as each node is one to the others. Whether it has expired is not looked at.
 * Throws ConfigError.
 */
export async function readTlsFiles({ cert, key, ca }: TlsConfig): Promise<TlsMaterial> {
  // One after the other: of several that are wrong, always the first one is told.
  const certBytes = await read('cert', cert);
  const keyBytes = await read('key', key);
  const caBytes = ca === undefined ? undefined : await read('ca', ca);
  const chain = parse('cert', cert, certBytes);
  const [own] = chain as [X509Certificate];
  if (!own.checkPrivateKey(privateKey(key, keyBytes))) {
    throw new ConfigError(`tls.key: ${key} is not the key of the certificate ${cert}`);
  }
  try {
    createSecureContext({ cert: certBytes, key: keyBytes });
  } catch (cause) {
    throw new ConfigError(`tls.cert: ${cert} can not be used: ${reasonOf(cause)}`, { cause });
  }
  if (ca !== undefined && caBytes) {
    const authorities = parse('ca', ca, caBytes);
    const signed = chain.some((one) => authorities.some((authority) => isIssuer(authority, one)));
    if (!signed) throw new ConfigError(`tls.cert: ${cert} is signed by none of the authorities in ${ca}`);
    // Without a list of them every use is allowed; the types know of no certificate without one.
    const uses = own.keyUsage as readonly string[] | undefined;
    if (uses && !uses.includes(clientUsage)) {
      throw new ConfigError(
        `tls.cert: ${cert} is for servers only: the nodes of a cluster need one that is for clients too`,
      );
    }
  }
  return { cert: certBytes, key: keyBytes, ca: caBytes, until: new Date(own.validTo), names: namesOf(own) };
}

/** A name of the certificate by which other machines can call this one: the preferred one, if it is among them. */
export function nameForOthers({ names }: TlsMaterial, preferred: string): string {
  const same = names.find((name) => name.toLowerCase() === preferred.toLowerCase());
  const others = names.filter((name) => !name.startsWith('*') && name !== 'localhost' && !isLoopback(name));
  return same ?? others[0] ?? preferred;
}

function namesOf({ subjectAltName = '' }: X509Certificate): string[] {
  // A name that could be taken for several is in quotation marks, and is none.
  return [...subjectAltName.matchAll(/(?:^|, )(?:DNS|IP Address):([^",]+)/g)].map(([, name = '']) => name);
}

async function read(name: keyof TlsConfig, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new ConfigError(`tls.${name}: ${path} can not be read: ${reasonOf(cause)}`, { cause });
  }
}

/** At least one. */
function parse(name: keyof TlsConfig, path: string, bytes: Buffer): X509Certificate[] {
  const blocks = bytes.toString().match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    if (blocks.length > 0) return blocks.map((block) => new X509Certificate(block));
  } catch {
    // Told below.
  }
  throw new ConfigError(`tls.${name}: ${path} is no certificate in PEM`);
}

function privateKey(path: string, bytes: Buffer): KeyObject {
  try {
    return createPrivateKey(bytes);
  } catch (cause) {
    const locked = /^(-----BEGIN|Proc-Type:).*ENCRYPTED/m.test(bytes.toString());
    const reason = locked ? 'is locked with a passphrase: take one without' : 'is no private key in PEM';
    throw new ConfigError(`tls.key: ${path} ${reason}`, { cause });
  }
}

function isIssuer(authority: X509Certificate, one: X509Certificate): boolean {
  return one.checkIssued(authority) && one.verify(authority.publicKey);
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
