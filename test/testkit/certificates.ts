import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CertificateFolder } from '../../src/certs/certificate-folder.js';
import { makeNodeCertificate } from '../../src/certs/certificate-maker.js';
import type { Lifetime } from '../../src/certs/certificate-maker.js';
import { temporaryFolder } from './temporary-folder.js';

/** Paths of files in PEM, as in a configuration. */
export type TestCertificate = { readonly cert: string; readonly key: string; readonly ca: string };

/** A new authority, and one certificate of it: for this machine, and for the names. */
export async function makeCertificate(...names: readonly string[]): Promise<TestCertificate> {
  const folder = new CertificateFolder(join(await temporaryFolder(), 'certs'));
  const [made] = await folder.init([['node.test', ...names]]);
  return { cert: made?.certificate ?? '', key: made?.key ?? '', ca: folder.authorityPath };
}

/** Another certificate of the same authority. */
export async function makeAnother({ ca }: TestCertificate, name: string): Promise<TestCertificate> {
  const made = await new CertificateFolder(join(ca, '..')).addNode([name]);
  return { cert: made.certificate, key: made.key, ca };
}

/** Puts another one of the same authority in its place. */
export async function replaceCertificate(
  { cert, key, ca }: TestCertificate,
  names: readonly string[],
  lifetime: Lifetime,
): Promise<void> {
  const certificate = await readFile(ca, 'utf8');
  const authority = { certificate, key: await readFile(ca.replace(/pem$/, 'key'), 'utf8') };
  const made = await makeNodeCertificate(authority, names, lifetime);
  await writeFile(cert, made.certificate);
  await writeFile(key, made.key);
}

export async function readCertificate({ cert, key, ca }: TestCertificate) {
  const [certBytes, keyBytes, caBytes] = await Promise.all([cert, key, ca].map((path) => readFile(path)));
  return { cert: certBytes as Buffer, key: keyBytes as Buffer, ca: caBytes as Buffer };
}
