// Processor time of this machine's processes, from /proc.
import { readFileSync } from 'node:fs';

/** Milliseconds of a clock tick, which Linux fixes for programs. */
const tick = 10;

function ownTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tick;
}

function childrenOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
}

/** Milliseconds that the nodes, their etcd members and this program have used so far. */
export function cpuTimes(pids) {
  const sum = (times) => times.reduce((total, time) => total + time, 0);
  return {
    nodes: sum(pids.map(ownTime)),
    etcd: sum(pids.flatMap(childrenOf).map(ownTime)),
    client: ownTime(process.pid),
  };
}

/** Microseconds for each of so many messages, between two looks. */
export function perMessage(before, after, messages) {
  return Object.entries(after)
    .map(([part, time]) => `${part} ${Math.round((1_000 * (time - before[part])) / messages)}`)
    .join(', ');
}
