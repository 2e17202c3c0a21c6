import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { EtcdClient } from '../../src/etcd/etcd-client.js';
import { memberLimits } from '../../src/etcd/member-limits.js';
import { eventually } from './deadline.js';

export type MemberConfig = {
  readonly name: string;
  readonly folder: string;
  /** HOST:PORT. */
  readonly clientAddress: string;
  readonly peerUrl: string;
  /** NAME=URL of every member, by commas. */
  readonly cluster: string;
  readonly quotaBytes?: number | undefined;
};

/** One etcd process. It is started by `start`, and again after `kill`. */
export class EtcdMember {
  readonly client: EtcdClient;
  private child: ChildProcess | undefined;
  private log = '';

  constructor(private readonly config: MemberConfig) {
    this.client = new EtcdClient(config.clientAddress);
  }

  get address(): string {
    return this.config.clientAddress;
  }

  /** Does not wait for it to serve. */
  start(): void {
    const { name, folder, clientAddress, peerUrl, cluster, quotaBytes } = this.config;
    const args = {
      name,
      'data-dir': folder,
      'listen-client-urls': `http://${clientAddress}`,
      'advertise-client-urls': `http://${clientAddress}`,
      'listen-peer-urls': peerUrl,
      'initial-advertise-peer-urls': peerUrl,
      'initial-cluster': cluster,
      'initial-cluster-state': 'new',
      'max-txn-ops': memberLimits.txnOperations,
      'max-request-bytes': memberLimits.requestBytes,
      'log-level': 'error',
      // A killed process leaves what it has written to the system; only a machine that goes down would not.
      'unsafe-no-fsync': true,
      ...(quotaBytes !== undefined && { 'quota-backend-bytes': quotaBytes }),
    };
    const flags = Object.entries(args).map(([key, value]) => `--${key}=${value}`);
    // Whatever ends the tests, even SIGKILL, ends it too.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'etcd', ...flags], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (chunk) => (this.log = `${this.log}${String(chunk)}`.slice(-4_000)));
    child.on('error', (error) => (this.log = error.message));
    this.child = child;
  }

  /** Throws when it could not be started, or has ended by itself. */
  requireRunning(): void {
    const { child } = this;
    if (child?.exitCode === 127) throw new Error('etcd is not on the PATH, and these tests need it');
    if (child?.pid === undefined || child.exitCode !== null)
      throw new Error(`etcd does not run: ${this.log}`);
  }

  /** SIGSTOP; `resume` undoes it. */
  /** Resolves when it has stopped: until then it may still answer. */
  async pause(): Promise<void> {
    const { child } = this;
    if (child?.pid === undefined) throw new Error('the member does not run');
    child.kill('SIGSTOP');
    const stat = `/proc/${child.pid}/stat`;
    await eventually('the member has stopped', () => readFileSync(stat, 'utf8').includes(') T '));
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.kill();
  }
}
