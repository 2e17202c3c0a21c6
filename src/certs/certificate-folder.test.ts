import { X509Certificate, createPrivateKey } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CertificateError, CertificateFolder, authorityDays, nodeDays } from './certificate-folder.js';

const day = 86_400_000;

async function newFolder(): Promise<CertificateFolder> {
  const path = await mkdtemp(join(tmpdir(), 'holdfast-certs-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return new CertificateFolder(join(path, 'certs'));
}

async function certificate(folder: CertificateFolder, name: string): Promise<X509Certificate> {
  return new X509Certificate(await readFile(join(folder.path, `${name}.pem`)));
}

describe('CertificateFolder', () => {
  it('makes an authority and a certificate for each node, with every name and those of its own machine', async () => {
    const folder = await newFolder();
    await folder.init([['Alpha.example', '10.0.0.1', 'fe80::12:0:1'], ['beta.example']]);
    const authority = await certificate(folder, 'ca');
    expect(authority.ca).toBe(true);
    expect(authority.checkIssued(authority) && authority.verify(authority.publicKey)).toBe(true);
    const alpha = await certificate(folder, 'alpha.example');
    expect(alpha.ca).toBe(false);
    expect(alpha.checkIssued(authority) && alpha.verify(authority.publicKey)).toBe(true);
    expect(alpha.verify(alpha.publicKey)).toBe(false);
    expect(alpha.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    // For servers and clients, as nodes are both to each other.
    expect(alpha.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    for (const host of ['alpha.example', 'localhost']) expect(alpha.checkHost(host)).toBeDefined();
    for (const address of ['10.0.0.1', '127.0.0.1', '::1', 'fe80::12:0:1'])
      expect(alpha.checkIP(address)).toBeDefined();
    expect(alpha.checkHost('beta.example')).toBeUndefined();
    const key = createPrivateKey(await readFile(join(folder.path, 'alpha.example.key')));
    expect(alpha.checkPrivateKey(key)).toBe(true);
  });

  it('is valid from now on, for as long as it was told, and not longer than the authority', async () => {
    const folder = await newFolder();
    await folder.init([['alpha.example']]);
    await folder.addNode(['beta.example'], 5);
    await folder.addNode(['gamma.example'], 2 * authorityDays);
    const days = Object.fromEntries(
      (await folder.list()).map(({ path, from, until }) => {
        expect(from.getTime()).toBeLessThanOrEqual(Date.now());
        return [path.slice(folder.path.length + 1), Math.round((until.getTime() - Date.now()) / day)];
      }),
    );
    expect(days).toMatchObject({
      'ca.pem': authorityDays,
      'alpha.example.pem': nodeDays,
      'beta.example.pem': 5,
    });
    expect(days['gamma.example.pem']).toBeLessThanOrEqual(authorityDays);
  });

  it('gives keys to their owner alone', async () => {
    const folder = await newFolder();
    await folder.init([['alpha.example']]);
    const rights = async (name: string) => (await stat(join(folder.path, name))).mode & 0o777;
    expect(await Promise.all(['ca.key', 'alpha.example.key', 'ca.pem'].map(rights))).toEqual([
      0o600, 0o600, 0o644,
    ]);
  });

  it('overwrites nothing, and makes nothing when it would', async () => {
    const folder = await newFolder();
    await folder.init([['alpha.example']]);
    const before = await readFile(join(folder.path, 'ca.key'), 'utf8');
    await expect(folder.init([['beta.example']])).rejects.toThrow(/ca\.pem is there already/);
    await expect(folder.addNode(['ALPHA.example'])).rejects.toThrow(/alpha\.example\.pem is there already/);
    expect(await readFile(join(folder.path, 'ca.key'), 'utf8')).toBe(before);
    expect(await readdir(folder.path)).toHaveLength(4);
  });

  it.each([[[['a b']]], [[['../ca']]], [[['ca']]], [[['']]], [[[]]], [[['alpha'], ['ALPHA']]]])(
    'refuses the nodes %j and makes nothing',
    async (nodes) => {
      const folder = await newFolder();
      await expect(folder.init(nodes)).rejects.toThrow(CertificateError);
      await expect(readdir(folder.path)).rejects.toThrow('ENOENT');
    },
  );

  it('says plainly that there is no authority', async () => {
    await expect((await newFolder()).addNode(['alpha.example'])).rejects.toThrow(/ca\.pem can not be read/);
  });
});
