import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** A process and those that it has started, from /proc. */
export function processTree(pid: number): number[] {
  const found = childrenOf(pid);
  return found ? [pid, ...found.flatMap(processTree)] : [];
}

/** Undefined when the process is gone; it may go at any moment. */
function childrenOf(pid: number): number[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return undefined;
  }
}

/** The TCP ports that a process listens on. */
export function listeningPorts(pid: number): number[] {
  const files = openFiles(pid);
  return tcpSockets()
    .filter(([, , , state, , , , , , inode]) => state === '0A' && files.includes(`socket:[${inode ?? ''}]`))
    .map(([, local]) => parseInt(local?.split(':')[1] ?? '', 16));
}

/** Whether one of the processes holds the TCP connection from this local port to that one. */
export function ownsConnection(pids: readonly number[], localPort: number, remotePort: number): boolean {
  const hex = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = tcpSockets()
    .filter(
      ([, local, remote]) => local?.endsWith(`:${hex(localPort)}`) && remote?.endsWith(`:${hex(remotePort)}`),
    )
    .map((columns) => `socket:[${columns[9] ?? ''}]`);
  return pids.some((pid) => openFiles(pid).some((file) => inodes.includes(file)));
}

/** Of the whole machine; each as the columns of /proc/net/tcp. */
function tcpSockets(): string[][] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    readFileSync(table, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/)),
  );
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
