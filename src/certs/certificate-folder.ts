import { X509Certificate } from 'node:crypto';
import { chmod, mkdir, open, readFile, readdir, rm } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, join } from 'node:path';
import { makeAuthority, makeNodeCertificate } from './certificate-maker.js';
import type { Credentials } from './certificate-maker.js';

/** Days that an authority is valid: longer than the machines last. */
export const authorityDays = 3_650;
/** Days that a node's certificate is valid by default; Apple's systems take none of more than 825. */
export const nodeDays = 730;

/** Every node is also reached from its own machine. */
const ownMachine = ['localhost', '127.0.0.1', '::1'];

const hostName =
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?)*$/;

/** Why certificates can't be made or read, in one line. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

export type CertificateFacts = {
  readonly path: string;
  readonly authority: boolean;
  readonly names: readonly string[];
  readonly from: Date;
  readonly until: Date;
};

export type MadeFiles = { readonly certificate: string; readonly key: string };

/**
 * A folder with a private authority, `ca.pem` and `ca.key`, and the certificate and key of each node, `NAME.pem` and
 * `NAME.key`. Keys are for their owner alone; nothing is ever overwritten. Throws CertificateError.
 */
export class CertificateFolder {
  constructor(readonly path: string) {}

  get authorityPath(): string {
    return join(this.path, 'ca.pem');
  }

  /** Makes the authority, and a certificate for each node. Nothing is made when one of the files is there. */
  async init(nodes: readonly (readonly string[])[], days = nodeDays): Promise<readonly MadeFiles[]> {
    requireDays(days);
    for (const names of nodes) requireNames(names);
    const files = nodes.map(([first = '']) => first.toLowerCase());
    const twice = files.find((name, at) => files.indexOf(name) !== at);
    if (twice !== undefined) throw new CertificateError(`${twice} is named twice`);
    const found = await this.present(['ca', ...files]);
    if (found !== undefined) {
      throw new CertificateError(`${found} is there already: nothing was made, as it is never overwritten`);
    }
    const now = new Date();
    const name = `Holdfast authority ${now.toISOString().slice(0, 10)}`;
    const authority = await makeAuthority(name, { from: now, days: authorityDays });
    await this.put('ca', authority);
    const made = [];
    for (const names of nodes) made.push(await this.issue(authority, names, days));
    return made;
  }

  /** One more certificate of the authority that is there. `names`: the node's host names and addresses. */
  async addNode(names: readonly string[], days = nodeDays): Promise<MadeFiles> {
    requireDays(days);
    requireNames(names);
    const [first = ''] = names;
    const found = await this.present([first.toLowerCase()]);
    if (found !== undefined) {
      throw new CertificateError(`${found} is there already: move it away first, as it is never overwritten`);
    }
    return this.issue(await this.authority(), names, days);
  }

  /** The certificates of the folder: the authority first, then by path. */
  async list(): Promise<readonly CertificateFacts[]> {
    const names = await readdir(this.path).catch((cause: unknown) => {
      throw new CertificateError(`${this.path} can not be read: ${reasonOf(cause)}`, { cause });
    });
    const paths = names.filter((name) => name.endsWith('.pem')).map((name) => join(this.path, name));
    const all = await Promise.all(paths.map((path) => readFacts(path)));
    return all.sort((a, b) => Number(b.authority) - Number(a.authority) || (a.path < b.path ? -1 : 1));
  }

  private async authority(): Promise<Credentials> {
    const certificate = await readText(this.authorityPath);
    const key = await readText(join(this.path, 'ca.key'));
    const authority = { certificate, key };
    const { until } = factsOf(this.authorityPath, authority.certificate);
    if (until.getTime() <= Date.now()) {
      throw new CertificateError(
        `${this.authorityPath} has expired on ${dateOf(until)}: make a new authority`,
      );
    }
    return authority;
  }

  private async issue(authority: Credentials, names: readonly string[], days: number): Promise<MadeFiles> {
    const all = [...new Set([...names, ...ownMachine])];
    const until = factsOf(this.authorityPath, authority.certificate).until.getTime();
    const left = Math.floor((until - Date.now()) / 86_400_000);
    const lifetime = { from: new Date(), days: Math.min(days, left) };
    const [first = ''] = names;
    return this.put(first.toLowerCase(), await makeNodeCertificate(authority, all, lifetime));
  }

  private async put(name: string, { certificate, key }: Credentials): Promise<MadeFiles> {
    const files = { certificate: join(this.path, `${name}.pem`), key: join(this.path, `${name}.key`) };
    await create(files.key, key, 0o600);
    try {
      await create(files.certificate, certificate, 0o644);
    } catch (error) {
      await rm(files.key, { force: true });
      throw error;
    }
    return files;
  }

  /** The first of the files of these names that exists. */
  private async present(names: readonly string[]): Promise<string | undefined> {
    const there = new Set(await readdir(this.path).catch(() => []));
    const file = names.flatMap((name) => [`${name}.pem`, `${name}.key`]).find((one) => there.has(one));
    return file === undefined ? undefined : join(this.path, file);
  }
}

/** What the first certificate of a file says. Throws CertificateError. */
export async function readFacts(path: string): Promise<CertificateFacts> {
  return factsOf(path, await readText(path));
}

function factsOf(path: string, pem: string): CertificateFacts {
  let parsed;
  try {
    parsed = new X509Certificate(pem);
  } catch (cause) {
    throw new CertificateError(`${path} is no certificate in PEM`, { cause });
  }
  const names = (parsed.subjectAltName ?? '').split(', ').filter(Boolean);
  return {
    path,
    authority: parsed.ca,
    names: names.map((name) => name.replace(/^(DNS|IP Address):/, '')),
    from: new Date(parsed.validFrom),
    until: new Date(parsed.validTo),
  };
}

function requireDays(days: number): void {
  if (days < 1) throw new CertificateError('a certificate is valid for at least one day');
}

function requireNames(names: readonly string[]): void {
  const [first] = names;
  if (first === undefined) throw new CertificateError('a node needs at least one name or address');
  if (first.toLowerCase() === 'ca') throw new CertificateError('ca is the name of the authority itself');
  for (const name of names) {
    if (isIP(name) === 0 && !hostName.test(name)) {
      throw new CertificateError(`${JSON.stringify(name)} is no host name and no IP address`);
    }
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new CertificateError(`${path} can not be read: ${reasonOf(cause)}`, { cause });
  }
}

/** On the disk, with these rights from the first byte on. */
async function create(path: string, text: string, mode: number): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, 'wx', mode);
    try {
      // The process may be set to give fewer rights, and a certificate is for everybody.
      await chmod(path, mode);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    const there = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    const reason = there
      ? 'is there already, and is never overwritten'
      : `can not be written: ${reasonOf(cause)}`;
    throw new CertificateError(`${path} ${reason}`, { cause });
  }
}

export function dateOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
