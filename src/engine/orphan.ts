import { readFile, readdir, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from './engine-error.js';
import { clientUrl } from './socket-address.js';

/**
 * A member ends with its node where the system can promise that (see member-process.ts). Elsewhere, or cut
 * off within the first instants, one may outlive it: then the next start of the node ends it, before a second
 * member opens the same data. Only to be called by who holds the folder's lock. Nothing is done where there
 * is no /proc; a member left there shows as a Raft port that is taken.
 *
 * An old member is known by what only it can have: it is started as an etcd of this node, with this very
 * folder as its working directory. A file with its process id would say less, and could be missing. Returns
 * the processes that were ended. Throws EngineError START_FAILED after `deadline` milliseconds.
 */
export async function endOrphans(folder: string, nodeId: string, deadline: number): Promise<number[]> {
  const pids = await findMembers(folder, nodeId);
  for (const pid of pids) kill(pid);
  const end = performance.now() + deadline;
  for (const pid of pids) {
    while (await isMember(pid, await identity(folder), nodeId)) {
      if (performance.now() > end) {
        throw new EngineError(
          'START_FAILED',
          `an old etcd of this node, process ${pid}, does not end: end it`,
        );
      }
      await sleep(20);
    }
  }
  return pids;
}

/** The processes that run a member in this folder. */
export async function findMembers(folder: string, nodeId: string): Promise<number[]> {
  const names = await readdir('/proc').catch(() => []);
  const wanted = await identity(folder);
  const found: number[] = [];
  for (const name of names) {
    const pid = Number(name);
    if (Number.isInteger(pid) && pid !== process.pid && (await isMember(pid, wanted, nodeId)))
      found.push(pid);
  }
  return found;
}

/** Also false when it is another user's, or has ended and waits to be reaped. */
async function isMember(pid: number, folder: string | undefined, nodeId: string): Promise<boolean> {
  if (folder === undefined || (await identity(`/proc/${pid}/cwd`)) !== folder) return false;
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const args = line.split('\0');
  return args[args.indexOf('--name') + 1] === nodeId && args.includes(clientUrl);
}

async function identity(path: string): Promise<string | undefined> {
  return stat(path).then(
    ({ dev, ino }) => `${dev}:${ino}`,
    () => undefined,
  );
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
