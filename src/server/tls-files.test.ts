import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeCertificate, readCertificate } from '../../test/testkit/certificates.js';
import { temporaryFolder } from '../../test/testkit/temporary-folder.js';
import { ConfigError } from './config.js';
import { nameForOthers, readTlsFiles } from './tls-files.js';

async function fileWith(content: string): Promise<string> {
  const path = join(await temporaryFolder(), 'file.pem');
  await writeFile(path, content);
  return path;
}

describe('readTlsFiles', () => {
  it('reads what fits together, with and without an authority', async () => {
    const files = await makeCertificate();
    const read = await readTlsFiles(files);
    expect(read).toMatchObject(await readCertificate(files));
    expect(read.until.getTime()).toBeGreaterThan(Date.now());
    expect((await readTlsFiles({ ...files, ca: undefined })).ca).toBeUndefined();
  });

  it('takes an authority among several', async () => {
    const [files, other] = [await makeCertificate(), await readCertificate(await makeCertificate())];
    const { ca } = await readCertificate(files);
    const both = await fileWith(`${other.ca.toString()}${ca.toString()}`);
    expect((await readTlsFiles({ ...files, ca: both })).ca?.toString()).toContain(ca.toString());
  });

  it('refuses in one line what does not', async () => {
    const [files, other] = [await makeCertificate(), await makeCertificate()];
    const locked = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    });
    const garbage = await fileWith('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    const cases: [object, string][] = [
      [{ cert: '/no/such/file' }, 'tls.cert: /no/such/file can not be read'],
      [{ cert: files.key }, `tls.cert: ${files.key} is no certificate in PEM`],
      [{ cert: garbage }, `tls.cert: ${garbage} is no certificate in PEM`],
      [{ key: files.cert }, `tls.key: ${files.cert} is no private key in PEM`],
      [{ key: await fileWith(locked.toString()) }, 'is locked with a passphrase'],
      [{ key: other.key }, `tls.key: ${other.key} is not the key of the certificate ${files.cert}`],
      [{ ca: garbage }, `tls.ca: ${garbage} is no certificate in PEM`],
      [{ ca: other.ca }, `tls.cert: ${files.cert} is signed by none of the authorities in ${other.ca}`],
    ];
    for (const [wrong, expected] of cases) {
      const reading = readTlsFiles({ ...files, ...wrong });
      await expect(reading).rejects.toThrow(ConfigError);
      await expect(reading).rejects.toThrow(expected);
      await expect(reading).rejects.not.toThrow('\n');
    }
  });
});

it.each([
  ['beta.example', 'beta.example'],
  ['BETA.example', 'beta.example'],
  ['vm', 'node.test'],
])('calls a machine with the name %s by a name of its certificate', async (preferred, expected) => {
  const material = await readTlsFiles(await makeCertificate('beta.example', '10.0.0.1'));
  expect(nameForOthers(material, preferred)).toBe(expected);
});

it('calls a machine by its own name when the certificate has none for others', async () => {
  const material = await readTlsFiles(await makeCertificate());
  const own = { ...material, names: ['*.example', 'localhost', '127.0.0.1', '0:0:0:0:0:0:0:1'] };
  expect(nameForOthers(own, 'vm')).toBe('vm');
});
