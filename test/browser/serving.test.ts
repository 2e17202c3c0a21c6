import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

type Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer };
type Ask = { readonly method?: string; readonly headers?: Record<string, string>; readonly body?: string };

const create = '/holdfast.v1.AccountService/CreateAccount';
const subscribe = '/holdfast.v1.MessageService/Subscribe';
const foreign = { origin: 'https://elsewhere.example' };
const json = { 'content-type': 'application/json' };

it('serves the page so that a browser keeps what can not change, and asks about the rest', async () => {
  const server = await ServerProcess.start(await temporaryFolder());
  const page = await ask(server, '/');
  expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
  expect(page.headers['cache-control']).toBe('no-cache');
  const tag = page.headers.etag ?? '';
  expect(tag).toMatch(/^W\/"[\w-]+"$/);

  const known = await ask(server, '/', { headers: { 'if-none-match': `"other", ${tag}` } });
  expect(known).toMatchObject({ status: 304, headers: { etag: tag, 'cache-control': 'no-cache' } });
  expect(known.body).toHaveLength(0);
  expect(known.headers['content-security-policy']).toBe(page.headers['content-security-policy']);
  expect((await ask(server, '/?from=elsewhere')).body.equals(page.body)).toBe(true);

  const assets = assetsOf(page.body);
  expect(assets.some((path) => path.endsWith('.js'))).toBe(true);
  expect(assets.some((path) => path.endsWith('.css'))).toBe(true);
  for (const path of assets) {
    const { status, headers } = await ask(server, path);
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    const type = path.endsWith('.js') ? 'text/javascript; charset=utf-8' : 'text/css; charset=utf-8';
    expect(headers['content-type']).toBe(type);
  }
  expect((await ask(server, '/icon.svg')).headers).toMatchObject({
    'content-type': 'image/svg+xml',
    'cache-control': 'no-cache',
  });
  expect((await ask(server, '/manifest.webmanifest')).headers['content-type']).toBe(
    'application/manifest+json',
  );
});

it('sends what was compressed ahead, in the form that the browser takes', async () => {
  const server = await ServerProcess.start(await temporaryFolder());
  const [script = ''] = assetsOf((await ask(server, '/')).body).filter((path) => path.endsWith('.js'));
  for (const path of ['/', script]) {
    const plain = await ask(server, path);
    expect(plain.headers['content-encoding']).toBeUndefined();
    const choices: [accepted: string, encoding: string, decompress: (bytes: Buffer) => Buffer][] = [
      ['gzip, deflate, br, zstd', 'br', brotliDecompressSync],
      ['gzip, deflate', 'gzip', gunzipSync],
      ['GZIP;q=0.5, br;q=0', 'gzip', gunzipSync],
    ];
    for (const [accepted, encoding, decompress] of choices) {
      const { headers, body } = await ask(server, path, { headers: { 'accept-encoding': accepted } });
      expect(headers).toMatchObject({ 'content-encoding': encoding, vary: 'accept-encoding' });
      expect(Number(headers['content-length'])).toBe(body.length);
      expect(body.length).toBeLessThan(plain.body.length);
      expect(decompress(body).equals(plain.body)).toBe(true);
    }
    for (const accepted of ['identity', 'br;q=0, gzip;q=0.0', 'xbr']) {
      const { headers } = await ask(server, path, { headers: { 'accept-encoding': accepted } });
      expect(headers['content-encoding']).toBeUndefined();
    }
    const head = await ask(server, path, { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, headers: { 'content-length': String(plain.body.length) } });
    expect(head.body).toHaveLength(0);
  }
});

it('lets the page do nothing but what it is for', async () => {
  const server = await ServerProcess.start(await temporaryFolder(), {
    config: {
      web_addresses: ['https://a.example/chat?x;%20script-src%20*', 'http://b.example:81', 'http://[::1]:82'],
    },
  });
  const page = await ask(server, '/');
  expect(String(page.headers['content-security-policy']).split('; ')).toEqual([
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "manifest-src 'self'",
    "connect-src 'self' https://a.example http://b.example:81 http://*:82",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types service-worker',
  ]);
  // Everything is in files of its own: nothing stands in the page that the policy would have to allow.
  const html = page.body.toString();
  expect(html).not.toMatch(/<style|style=|<script(?![^>]*\ssrc=)|\son\w+=/);
  expect(html).not.toMatch(/(src|href)="(?!\/)/);
  for (const path of ['/', ...assetsOf(page.body), '/nothing', '/healthz']) {
    expect((await ask(server, path)).headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'permissions-policy': expect.stringContaining('camera=()') as unknown,
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'content-security-policy': expect.stringContaining("default-src 'none'") as unknown,
    });
  }
});

it('changes the tag of the page with the nodes that it may call', async () => {
  const tags = [];
  for (const address of ['http://a.example', 'http://b.example']) {
    const server = await ServerProcess.start(await temporaryFolder(), {
      config: { web_addresses: [address] },
    });
    tags.push((await ask(server, '/')).headers.etag);
  }
  expect(new Set(tags).size).toBe(2);
});

it('serves nothing else, whatever the path', async () => {
  const server = await ServerProcess.start(await temporaryFolder());
  for (const path of [
    '/nothing',
    '/assets',
    '/assets/',
    '//',
    '/index.html/',
    '/index.html.gz',
    '/.vite/manifest.json',
    '/../package.json',
    '/assets/../../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/package.json',
    '/assets/..%5c..%5cpackage.json',
    '/etc/passwd',
    '/%00',
    '/%',
    '/__proto__',
    '/constructor',
    'http://elsewhere.example/',
  ]) {
    const { status, headers } = await ask(server, path);
    expect([path, status, headers['content-type']]).toEqual([path, 404, 'text/plain; charset=utf-8']);
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    expect(await ask(server, '/', { method })).toMatchObject({
      status: 405,
      headers: { allow: 'GET, HEAD' },
    });
  }
});

it("answers the page of another node, and shows it the errors' details", async () => {
  const server = await ServerProcess.start(await temporaryFolder());
  for (const path of [create, subscribe]) {
    const asked = 'authorization,connect-protocol-version,connect-timeout-ms,content-type';
    const headers = {
      ...foreign,
      'access-control-request-method': 'POST',
      'access-control-request-headers': asked,
    };
    const answer = await ask(server, path, { method: 'OPTIONS', headers });
    expect(answer).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': '*' } });
    expect(answer.headers['access-control-allow-methods']).toContain('POST');
    const allowed = answer.headers['access-control-allow-headers']?.toLowerCase().split(', ');
    expect(allowed).toEqual(expect.arrayContaining(asked.split(',')));
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
    expect(Number(answer.headers['access-control-max-age'])).toBeGreaterThan(0);
  }
  const envelope = Buffer.from([0, 0, 0, 0, 2, ...Buffer.from('{}')]).toString('latin1');
  const calls: [path: string, status: number, ask: Ask][] = [
    [create, 200, { headers: json, body: '{"username":"ann","password":"correct horse"}' }],
    [create, 409, { headers: json, body: '{"username":"ann","password":"correct horse"}' }],
    [create, 400, { headers: json, body: 'no json' }],
    [create, 415, { headers: { 'content-type': 'text/plain' }, body: '{}' }],
    [create, 200, { headers: { 'content-type': 'application/grpc-web+json' }, body: envelope }],
    ['/holdfast.v1.AccountService/Nothing', 404, { headers: json, body: '{}' }],
    [subscribe, 200, { headers: { 'content-type': 'application/connect+json' }, body: envelope }],
  ];
  for (const [path, status, { headers, body = '' }] of calls) {
    const answer = await ask(server, path, { method: 'POST', headers: { ...headers, ...foreign }, body });
    expect([path, answer.status]).toEqual([path, status]);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
    const exposed = answer.headers['access-control-expose-headers']?.toLowerCase();
    for (const name of ['grpc-status', 'grpc-message', 'grpc-status-details-bin']) {
      expect(exposed).toContain(name);
    }
  }
  // What is not for other pages is not shown to them.
  for (const path of ['/', '/metrics', '/readyz']) {
    const { headers } = await ask(server, path, { headers: foreign });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  }
});

/** As it is said: the path is sent as given, and nothing is decompressed. */
async function ask(
  { webAddress }: ServerProcess,
  path: string,
  { body, ...options }: Ask = {},
): Promise<Answer> {
  const { hostname: host, port } = new URL(webAddress);
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path, agent: false, ...options }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) });
      });
      answer.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : Buffer.from(body, 'latin1'));
  });
}

function assetsOf(page: Buffer): string[] {
  return [...page.toString().matchAll(/"(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
}
