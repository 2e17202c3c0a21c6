import { chmod, copyFile, writeFile } from 'node:fs/promises';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import {
  makeAnother,
  makeCertificate,
  readCertificate,
  replaceCertificate,
} from '../../test/testkit/certificates.js';
import type { TestCertificate } from '../../test/testkit/certificates.js';
import { Certificates } from './certificates.js';
import { ConfigError } from './config.js';

const day = 86_400_000;
const past = { from: new Date(Date.now() - 10 * day), days: 5 };

async function open(files: TestCertificate) {
  const log: string[] = [];
  const logger = pino({ level: 'warn' }, { write: (line: string) => log.push(line) });
  const certificates = await Certificates.open(files, logger);
  onTestFinished(() => certificates.close());
  const told: Buffer[] = [];
  certificates.onChange(({ cert }) => told.push(cert));
  return { certificates, log, told };
}

it('uses what it reads again, and tells that once', async () => {
  const files = await makeCertificate();
  const { certificates, log, told } = await open(files);
  await certificates.reload();
  expect(told).toEqual([]);
  const next = await makeAnother(files, 'next.test');
  await copyFile(next.cert, files.cert);
  await copyFile(next.key, files.key);
  await Promise.all([certificates.reload(), certificates.reload()]);
  const { cert, key } = await readCertificate(next);
  expect(told).toEqual([cert]);
  expect(certificates.current).toMatchObject({ cert, key });
  expect(log).toEqual([]);
});

it('keeps what it has while the files do not fit together, are gone, or have expired', async () => {
  const files = await makeCertificate();
  const { certificates, log, told } = await open(files);
  const before = certificates.current;
  const next = await makeAnother(files, 'next.test');
  await copyFile(next.cert, files.cert);
  await certificates.reload();
  await writeFile(files.key, '');
  await certificates.reload();
  await replaceCertificate(files, ['node.test'], past);
  await certificates.reload();
  expect(certificates.current).toBe(before);
  expect(told).toEqual([]);
  const reasons = ['is not the key of the certificate', 'is no private key in PEM', 'has expired on'];
  expect(log).toHaveLength(reasons.length);
  for (const [at, reason] of reasons.entries()) {
    expect(log[at]).toContain('"level":50');
    expect(log[at]).toContain(reason);
  }
});

it.each([
  ['an error', '"level":50', 'the certificate has expired', past],
  ['a warning', '"level":40', 'the certificate expires soon', { from: new Date(), days: 20 }],
])(
  'says in %s how long a certificate is good for, and starts with it',
  async (_kind, level, text, lifetime) => {
    const files = await makeCertificate();
    await replaceCertificate(files, ['node.test'], lifetime);
    const { log } = await open(files);
    expect(log).toHaveLength(1);
    expect(log[0]).toContain(level);
    expect(log[0]).toContain(text);
  },
);

it('does not open without its files', async () => {
  const files = await makeCertificate();
  await expect(open({ ...files, key: '/no/such/file' })).rejects.toThrow(ConfigError);
});

it('tells of a key that every user of the machine may read', async () => {
  const files = await makeCertificate();
  await chmod(files.key, 0o640);
  expect((await open(files)).log).toEqual([]);
  await chmod(files.key, 0o644);
  expect((await open(files)).log.join()).toContain('may be read by every user');
});
