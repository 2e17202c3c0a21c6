// What a result was measured on: without it, the numbers say little.
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

export function describeMachine() {
  const { stdout } = spawnSync('etcd', ['--version'], { encoding: 'utf8' });
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 1_024 ** 3),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    etcd: /etcd Version: (\S+)/.exec(stdout ?? '')?.[1],
    load: loadavg().map((load) => Math.round(load * 10) / 10),
  };
}
