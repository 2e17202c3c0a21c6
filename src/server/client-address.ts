import { BlockList, isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';

/** Finds out who is at the other end of a connection, or behind the proxies at the other end. */
export class ClientAddresses {
  private readonly trusted = new BlockList();

  /** `proxies`: addresses and networks (CIDR) whose `X-Forwarded-For` is believed. */
  constructor(proxies: readonly string[]) {
    for (const proxy of proxies) {
      const [address = '', bits] = proxy.split('/');
      if (bits === undefined) this.trusted.addAddress(address, familyOf(address));
      else this.trusted.addSubnet(address, Number(bits), familyOf(address));
    }
  }

  /** Whether it is a proxy, which stands for many. */
  isProxy(address: string): boolean {
    const plain = plainAddress(address);
    return isIP(plain) !== 0 && this.trusted.check(plain, familyOf(plain));
  }

  /**
   * The last one that no trusted proxy speaks for: what stands before it in the header anybody may have written.
   * '' when the connection has gone.
   */
  of({ socket, headers }: IncomingMessage): string {
    const header = headers['x-forwarded-for'];
    const hops = (Array.isArray(header) ? header.join(',') : (header ?? ''))
      .split(',')
      .map((hop) => hop.trim());
    let address = socket.remoteAddress ?? '';
    while (this.isProxy(address)) {
      const before = plainAddress(hops.pop() ?? '');
      if (isIP(before) === 0) break;
      address = before;
    }
    return address;
  }
}

/**
 * What counts as one place: an address of IPv4, and of IPv6 the /64 that one subscriber gets. What is no address is one
 * place too.
 */
export function networkOf(address: string): string {
  const plain = plainAddress(address);
  if (isIP(plain) !== 6) return plain;
  const [head = '', tail] = plain.split('::', 2);
  const before = head === '' ? [] : head.split(':');
  // What is an IPv4 address at the end stands in the last 32 bits.
  const after = (tail ?? '').split(':').filter((group) => group !== '');
  const length = before.length + after.length + (plain.includes('.') ? 1 : 0);
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - length }, () => '0');
  const groups = [...before, ...zeros, ...after].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}

/** Without a port, brackets, a zone, and what makes an address of IPv4 one of IPv6. */
function plainAddress(text: string): string {
  const [, bracketed] = /^\[([^\]]*)\](?::\d+)?$/.exec(text) ?? [];
  const [, withPort] = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text) ?? [];
  const address = (bracketed ?? withPort ?? text).replace(/%.*$/, '');
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
