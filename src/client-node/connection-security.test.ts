import { expect, it } from 'vitest';
import { chooseSecurity, parseServer, plainText } from './connection-security.js';

const named = (...texts: string[]) =>
  texts.map((text) => parseServer(text)).filter((server) => server !== undefined);
const secure = { tls: true, ca: '/ca.pem', servers: ['localhost:1', 'a.example:1'] };
const plain = { tls: false, servers: ['localhost:1', 'old.example:1'] };

it.each([
  ['localhost:1', { address: 'localhost:1', tls: undefined }],
  ['https://a.example:1', { address: 'a.example:1', tls: true }],
  ['HTTP://[::1]:1/', { address: '[::1]:1', tls: false }],
  ['a.example', undefined],
  ['https://a.example', undefined],
  ['https://a.example:1/path', undefined],
  ['ftp://a.example:1', undefined],
  ['a.example:65536', undefined],
  ['a b:1', undefined],
])('reads the server %s', (text, expected) => {
  expect(parseServer(text)).toEqual(expected);
});

it.each([
  ['this machine', [], undefined, undefined, plainText],
  ['this machine by name', ['localhost:1', '127.3.2.1:1', '[::1]:1'], undefined, undefined, plainText],
  ['another machine', ['localhost:1', 'a.example:1'], undefined, undefined, { tls: true }],
  ['what only looks like this machine', ['127.0.0.1.example:1'], undefined, undefined, { tls: true }],
  ['another machine, beside a local one without TLS', ['a.example:1'], undefined, plain, { tls: true }],
  ['one that has always been plain', ['old.example:1'], undefined, plain, plainText],
  ['a named authority', ['localhost:1'], '/b.pem', undefined, { tls: true, ca: '/b.pem' }],
  ['what is remembered', [], undefined, secure, { tls: true, ca: '/ca.pem' }],
  ['a further server of those', ['localhost:2'], undefined, secure, { tls: true, ca: '/ca.pem' }],
  ['another authority than before', [], '/b.pem', secure, { tls: true, ca: '/b.pem' }],
  ['https', ['https://localhost:1'], undefined, plain, { tls: true }],
  ['http', ['http://a.example:1'], undefined, secure, plainText],
  ['a mixture', ['http://a.example:1', 'https://b.example:1'], undefined, undefined, undefined],
  ['an authority for plain text', ['http://a.example:1'], '/b.pem', undefined, undefined],
])('speaks to %s as it should', (_case, texts, ca, known, expected) => {
  expect(chooseSecurity(named(...texts), ca, known)).toEqual(expected);
});
