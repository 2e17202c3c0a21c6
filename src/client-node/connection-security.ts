import { BlockList, isIP } from 'node:net';

/** How the servers of a cluster are spoken to: all of them in the same way. */
export type ConnectionSecurity = {
  readonly tls: boolean;
  /** Absolute path of the authorities that are trusted, PEM; undefined: those that this machine trusts. */
  readonly ca?: string | undefined;
};

export const plainText: ConnectionSecurity = { tls: false };

/** A server as a person names it. */
export type NamedServer = {
  /** HOST:PORT. */
  readonly address: string;
  /** Undefined: it was not said. */
  readonly tls: boolean | undefined;
};

/** `HOST:PORT`, `https://HOST:PORT` or `http://HOST:PORT`; undefined for anything else. */
export function parseServer(text: string): NamedServer | undefined {
  const [, scheme, address] =
    /^(?:(https?):\/\/)?((?:\[[0-9a-f:.]+\]|[^\s:/]+):\d{1,5})\/?$/i.exec(text) ?? [];
  if (address === undefined || Number(/\d+$/.exec(address)?.[0]) > 65_535) return undefined;
  return { address, tls: scheme === undefined ? undefined : scheme.toLowerCase() === 'https' };
}

const thisMachine = new BlockList();
thisMachine.addSubnet('127.0.0.0', 8);
thisMachine.addAddress('::1', 'ipv6');

/** Whether what is said to HOST:PORT does not leave this machine, as far as the name tells. */
function isLocal(address: string): boolean {
  const host = address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) !== 0) return thisMachine.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
  return /^(.+\.)?localhost$/i.test(host);
}

/**
 * What to do where it was not said: as the user's servers were spoken to before (`known`), else plain text within this
 * machine and TLS to any other: a token must not leave the machine in plain text because a local server has none. `ca`:
 * authorities that were named. Undefined: some are named with TLS and others without, or authorities for plain text.
 */
export function chooseSecurity(
  named: readonly NamedServer[],
  ca: string | undefined,
  known: (ConnectionSecurity & { readonly servers: readonly string[] }) | undefined,
): ConnectionSecurity | undefined {
  const said = new Set(named.map(({ tls }) => tls).filter((tls) => tls !== undefined));
  if (said.size > 1 || (said.has(false) && ca !== undefined)) return undefined;
  if (said.has(false)) return plainText;
  const isFar = ({ address }: NamedServer) => !isLocal(address) && !known?.servers.includes(address);
  const tls = said.has(true) || ca !== undefined || known?.tls === true || named.some(isFar);
  return tls ? { tls, ca: ca ?? known?.ca } : plainText;
}
