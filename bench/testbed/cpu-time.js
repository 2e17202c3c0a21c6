// Processor time of this machine's processes, from /proc.
import { readFileSync } from 'node:fs';

/** Milliseconds of a clock tick, which Linux fixes for programs. */
const tick = 10;

/** Milliseconds that a process, with all its threads, has used. */
export function ownTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tick;
}

function childrenOf(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** A process and what it has started, itself first. */
export function treeOf(pid) {
  return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

/** Milliseconds that the nodes, their etcd members and this program have used so far. */
export function cpuTimes(pids) {
  const sum = (times) => times.reduce((total, time) => total + time, 0);
  return {
    nodes: sum(pids.map(ownTime)),
    etcd: sum(pids.flatMap((pid) => treeOf(pid).slice(1)).map(ownTime)),
    load: ownTime(process.pid),
  };
}

/** How many cores each part has kept busy between two looks, so many milliseconds apart. */
export function coresBusy(before, after, milliseconds) {
  return Object.entries(after)
    .map(([part, time]) => `${part} ${((time - before[part]) / milliseconds).toFixed(2)}`)
    .join(', ');
}

/** Microseconds for each of so many messages, between two looks. */
export function perMessage(before, after, messages) {
  return Object.entries(after)
    .map(([part, time]) => `${part} ${Math.round((1_000 * (time - before[part])) / messages)}`)
    .join(', ');
}
