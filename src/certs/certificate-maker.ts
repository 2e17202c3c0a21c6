import {
  KeyObject,
  createHash,
  createPrivateKey,
  createPublicKey,
  randomBytes,
  webcrypto,
} from 'node:crypto';
import { isIP } from 'node:net';
import { BitString, Integer, OctetString, Utf8String } from 'asn1js';
import {
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtKeyUsage,
  Extension,
  GeneralName,
  GeneralNames,
} from 'pkijs';

/** A certificate and its key, each as PEM. */
export type Credentials = { readonly certificate: string; readonly key: string };

/** When a certificate is valid. */
export type Lifetime = { readonly from: Date; readonly days: number };

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const day = 86_400_000;
/** The clocks of machines that have just been set up may differ. */
const clockTolerance = 3_600_000;

// RFC 5280, 4.2.1.3: the bits of a key's usage, the first one on the left.
const signsData = 0x80;
const signsCertificates = 0x04;
const signsRevocations = 0x02;

const oids = {
  commonName: '2.5.4.3',
  subjectKey: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectNames: '2.5.29.17',
  constraints: '2.5.29.19',
  authorityKey: '2.5.29.35',
  extendedUsage: '2.5.29.37',
  servers: '1.3.6.1.5.5.7.3.1',
  clients: '1.3.6.1.5.5.7.3.2',
} as const;

/** A private authority: it signs certificates of nodes and no further authorities. ECDSA P-256. */
export async function makeAuthority(name: string, lifetime: Lifetime): Promise<Credentials> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const keyId = idOf(KeyObject.from(keys.publicKey));
  const certificate = blank(name, lifetime);
  certificate.issuer = certificate.subject;
  certificate.extensions = [
    extension(oids.constraints, true, new BasicConstraints({ cA: true, pathLenConstraint: 0 }).toSchema()),
    usage(signsCertificates | signsRevocations),
    extension(oids.subjectKey, false, new OctetString({ valueHex: keyId })),
  ];
  return finish(certificate, keys.publicKey, keys.privateKey, keys.privateKey);
}

/**
 * A node's certificate, by which clients and the other nodes know it: for servers and for clients, as nodes are both to each
 * other. `names`: host names and IP addresses, at least one; the first one is its common name. Throws what reading the authority throws.
 */
export async function makeNodeCertificate(
  authority: Credentials,
  names: readonly string[],
  lifetime: Lifetime,
): Promise<Credentials> {
  const [first = ''] = names;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const issuer = Certificate.fromBER(derOf(authority.certificate));
  const issuerKey = createPrivateKey(authority.key);
  const authorityKey = new OctetString({ valueHex: idOf(createPublicKey(issuerKey)) });
  const certificate = blank(first, lifetime);
  certificate.issuer = issuer.subject;
  certificate.extensions = [
    extension(oids.constraints, true, new BasicConstraints({ cA: false }).toSchema()),
    usage(signsData),
    extension(
      oids.extendedUsage,
      false,
      new ExtKeyUsage({ keyPurposes: [oids.servers, oids.clients] }).toSchema(),
    ),
    extension(oids.subjectNames, false, new GeneralNames({ names: names.map(generalName) }).toSchema()),
    extension(oids.subjectKey, false, new OctetString({ valueHex: idOf(KeyObject.from(keys.publicKey)) })),
    extension(
      oids.authorityKey,
      false,
      new AuthorityKeyIdentifier({ keyIdentifier: authorityKey }).toSchema(),
    ),
  ];
  return finish(certificate, keys.publicKey, keys.privateKey, await signingKey(issuerKey));
}

function blank(commonName: string, { from, days }: Lifetime): Certificate {
  const certificate = new Certificate();
  certificate.version = 2;
  // Positive, as RFC 5280, 4.1.2.2 wants it.
  const serial = randomBytes(16);
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0);
  certificate.serialNumber = new Integer({ valueHex: serial });
  const name = new AttributeTypeAndValue({
    type: oids.commonName,
    value: new Utf8String({ value: commonName.slice(0, 64) }),
  });
  certificate.subject.typesAndValues.push(name);
  certificate.notBefore.value = new Date(from.getTime() - clockTolerance);
  certificate.notAfter.value = new Date(from.getTime() + days * day);
  return certificate;
}

async function finish(
  certificate: Certificate,
  publicKey: webcrypto.CryptoKey,
  privateKey: webcrypto.CryptoKey,
  signer: webcrypto.CryptoKey,
): Promise<Credentials> {
  await certificate.subjectPublicKeyInfo.importKey(publicKey);
  await certificate.sign(signer, 'SHA-256');
  const der = Buffer.from(certificate.toSchema(true).toBER());
  const lines = der.toString('base64').replaceAll(/.{1,64}/g, '$&\n');
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`,
    key: KeyObject.from(privateKey).export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

async function signingKey(key: KeyObject): Promise<webcrypto.CryptoKey> {
  const der = key.export({ type: 'pkcs8', format: 'der' });
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
}

/** RFC 5280, 4.2.1.2: the SHA-1 of the key itself, without what says of which kind it is. */
function idOf(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const point = [Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
  return createHash('sha1').update(Buffer.concat(point)).digest();
}

type Schema = { toBER(): ArrayBuffer };

function extension(extnID: string, critical: boolean, value: Schema): Extension {
  return new Extension({ extnID, critical, extnValue: value.toBER() });
}

function usage(bits: number): Extension {
  const unusedBits = 31 - Math.clz32(bits & -bits);
  return extension(oids.keyUsage, true, new BitString({ valueHex: Buffer.from([bits]), unusedBits }));
}

function generalName(name: string): GeneralName {
  if (isIP(name) === 0) return new GeneralName({ type: 2, value: name });
  return new GeneralName({ type: 7, value: new OctetString({ valueHex: addressBytes(name) }) });
}

/** The 4 or 16 bytes of an IP address. */
function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  // A URL has every address in one form: with eight groups, or `::` for the longest run of zeros.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const [before, after] = [groups(head), groups(tail)];
  const zeros = Array<string>(8 - before.length - after.length).fill('0');
  return Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function derOf(pem: string): ArrayBuffer {
  const [, base64 = ''] = /-----BEGIN CERTIFICATE-----([^-]+)-----END CERTIFICATE-----/.exec(pem) ?? [];
  return new Uint8Array(Buffer.from(base64, 'base64')).buffer;
}
