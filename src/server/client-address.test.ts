import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { ClientAddresses, networkOf } from './client-address.js';

it.each([
  ['192.0.2.7', '192.0.2.7'],
  ['192.0.2.7:4711', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:DB8:0001:2::9', '2001:db8:1:2::/64'],
  ['[2001:db8:1:2::9]:4711', '2001:db8:1:2::/64'],
  ['2001:db8::', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
  ['unknown', 'unknown'],
])('takes %s as one place %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

function from(remoteAddress: string | undefined, forwarded?: string): IncomingMessage {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}

it('believes in X-Forwarded-For what a trusted proxy has written, and nothing before it', () => {
  const addresses = new ClientAddresses(['127.0.0.1', '10.0.0.0/8', 'fd00::/16']);
  expect(addresses.of(from('127.0.0.1', '203.0.113.9'))).toBe('203.0.113.9');
  expect(addresses.of(from('::ffff:127.0.0.1', '203.0.113.9'))).toBe('203.0.113.9');
  expect(addresses.of(from('127.0.0.1', '6.6.6.6, 203.0.113.9'))).toBe('203.0.113.9');
  expect(addresses.of(from('127.0.0.1', '6.6.6.6, 203.0.113.9, 10.1.2.3'))).toBe('203.0.113.9');
  expect(addresses.of(from('fd00::1', '[2001:db8::7]:4711'))).toBe('2001:db8::7');
  // What is no address hides nobody: the proxy itself counts.
  expect(addresses.of(from('127.0.0.1', '6.6.6.6, unknown'))).toBe('127.0.0.1');
  expect(addresses.of(from('127.0.0.1'))).toBe('127.0.0.1');
  expect(addresses.of(from('203.0.113.9', '6.6.6.6'))).toBe('203.0.113.9');
  expect(addresses.of(from(undefined, '6.6.6.6'))).toBe('');
  expect(new ClientAddresses([]).of(from('127.0.0.1', '6.6.6.6'))).toBe('127.0.0.1');
});
