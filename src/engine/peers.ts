/** A cluster's nodes: node id to Raft address, HOST:PORT. */
export type Peers = Readonly<Record<string, string>>;

/** What is wrong with peers, and the configuration key that it is about. */
export type PeersProblem = { readonly key: string; readonly problem: string };

export type Address = { readonly host: string; readonly port: number };

/** It is a folder's name and, within etcd's flags, part of a list. */
const nodeIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

const addressPattern = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/;

export const nodeIdProblem =
  'is no node id: use 1 to 63 letters, digits, ".", "_" and "-", a letter or digit first';

export function isNodeId(text: string): boolean {
  return nodeIdPattern.test(text);
}

/** Undefined when it is not HOST:PORT, with an IPv6 host in brackets and a port from 1 to 65535. */
export function parseAddress(text: string): Address | undefined {
  const [, v6, name, digits] = addressPattern.exec(text) ?? [];
  const port = Number(digits);
  const host = v6 ?? name;
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined;
}

export function formatAddress({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What makes peers unusable for this node, to be told before anything starts; undefined: nothing. */
export function findPeersProblem(peers: Peers, nodeId: string): PeersProblem | undefined {
  const owners = new Map<string, string>();
  for (const [id, text] of Object.entries(peers)) {
    const key = `peers.${id}`;
    if (!isNodeId(id)) {
      return { key, problem: nodeIdProblem };
    }
    const address = parseAddress(text);
    if (!address) return { key, problem: `must be HOST:PORT with a port from 1 to 65535, not "${text}"` };
    const same = formatAddress(address).toLowerCase();
    const owner = owners.get(same);
    if (owner !== undefined) return { key, problem: `has the Raft address of ${owner}, ${text}` };
    owners.set(same, id);
  }
  if (owners.size === 0) return { key: 'peers', problem: 'must name the Raft address of each node' };
  if (!Object.hasOwn(peers, nodeId)) {
    const problem = `does not name this node, ${nodeId}; it names ${Object.keys(peers).join(', ')}`;
    return { key: 'peers', problem };
  }
  return undefined;
}

/** How `actual` differs from `expected`, in words for a sentence; undefined: not at all. */
export function describeDifference(expected: Peers, actual: Peers): string | undefined {
  const parts: string[] = [];
  for (const [id, address] of Object.entries(expected)) {
    if (!Object.hasOwn(actual, id)) parts.push(`${id} (${address}) is missing`);
    else if (actual[id] !== address) parts.push(`${id} is ${actual[id] ?? ''} instead of ${address}`);
  }
  for (const [id, address] of Object.entries(actual)) {
    if (!Object.hasOwn(expected, id)) parts.push(`${id} (${address}) is new`);
  }
  return parts.length > 0 ? parts.join(', ') : undefined;
}
