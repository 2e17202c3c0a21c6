import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { processTree } from '../../test/testkit/process-tree.js';

/**
 * Which process tree holds which TCP connection from this machine: the local ports of those that go to one of the given
 * ports, each with the index of its tree. From /proc, in one go, as it is slow on a machine with many connections.
 */
export function connectionsTo(ports: readonly number[], roots: readonly number[]): Map<number, number> {
  const localPorts = new Map<string, number>();
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const columns = line.trim().split(/\s+/);
    const [, local = '', remote = ''] = columns;
    if (ports.includes(portOf(remote))) localPorts.set(`socket:[${columns[9] ?? ''}]`, portOf(local));
  }
  const owners = new Map<number, number>();
  for (const [index, root] of roots.entries()) {
    if (root === 0) continue;
    for (const file of processTree(root).flatMap(openFiles)) {
      const port = localPorts.get(file);
      if (port !== undefined) owners.set(port, index);
    }
  }
  return owners;
}

function portOf(address: string): number {
  return parseInt(address.slice(address.lastIndexOf(':') + 1), 16);
}

function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return '';
      }
    });
  } catch {
    return [];
  }
}
