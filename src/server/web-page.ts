import { createHash } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { contentSecurityPolicy } from './content-security-policy.js';
import type { Addresses } from './route.js';
import type { WebFile, WebFiles } from './web-files.js';

/** Of everything that a browser may show: nothing is guessed, told to others, or shared with other windows. */
export const securityHeaders: OutgoingHttpHeaders = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'permissions-policy':
    'camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), serial=(), usb=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const forEver = 'public, max-age=31536000, immutable';

/** Serves the page's files. */
export class WebPage {
  constructor(
    private readonly files: WebFiles,
    private readonly base: { readonly addresses: Addresses },
  ) {}

  /** Answers a GET or HEAD; false when there is no such file. `path`: as in a URL, without its query. */
  answer(request: IncomingMessage, path: string, response: ServerResponse): boolean {
    const file = this.files.get(path);
    if (!file) return false;
    // Which nodes there are may change while the files do not, and a browser that is told that nothing has changed
    // keeps the old policy.
    const policy = contentSecurityPolicy(this.base.addresses.webServers);
    const tag = `W/"${file.hash}-${createHash('sha256').update(policy).digest('base64url').slice(0, 8)}"`;
    const headers = {
      ...securityHeaders,
      'content-security-policy': policy,
      'cache-control': file.fingerprinted ? forEver : 'no-cache',
      etag: tag,
      ...(file.compressed.size > 0 ? { vary: 'accept-encoding' } : {}),
    };
    if (matches(request.headers['if-none-match'], tag)) {
      response.writeHead(304, headers).end();
      return true;
    }
    const [encoding, bytes] = choose(file, request.headers['accept-encoding']);
    response.writeHead(200, {
      ...headers,
      'content-type': file.type,
      'content-length': bytes.length,
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    });
    response.end(request.method === 'HEAD' ? undefined : bytes);
    return true;
  }
}

/** RFC 9110, 13.1.2. */
function matches(ifNoneMatch: string | undefined, tag: string): boolean {
  const given = ifNoneMatch?.split(',').map((one) => one.trim()) ?? [];
  return given.includes(tag) || given.includes('*');
}

/** The smallest form that the client takes; RFC 9110, 12.5.3. */
function choose(file: WebFile, acceptEncoding = ''): [encoding: string | undefined, bytes: Buffer] {
  const refused = /;\s*q=0(\.0*)?$/;
  const taken = acceptEncoding
    .split(',')
    .map((one) => one.trim().toLowerCase())
    .filter((one) => !refused.test(one))
    .map((one) => one.split(';', 1)[0]?.trim());
  for (const [name, bytes] of file.compressed) if (taken.includes(name)) return [name, bytes];
  return [undefined, file.bytes];
}
