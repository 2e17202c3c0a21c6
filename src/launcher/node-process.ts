import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ClusterPlan, NodePlan } from './cluster-plan.js';
import { nodeFlags } from './node-flags.js';

const program = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url));

/** Makes the kernel tell a node to stop when the launcher is gone, however it went. */
const tie = ['setpriv', '--pdeathsig', 'TERM', '--'];

/** One node of the cluster, as a process of its own; what it prints goes to a file beside its data. */
export class NodeProcess {
  private constructor(private readonly child: ChildProcess) {}

  static start({ folder, configPath }: ClusterPlan, { id, port, webPort }: NodePlan): NodeProcess {
    const log = openSync(join(folder, `${id}.log`), 'a', 0o600);
    try {
      const words = [
        ...(canTie() ? tie : []),
        process.execPath,
        ...nodeFlags,
        program,
        'serve',
        configPath,
        '--node-id',
        id,
      ];
      const [command = process.execPath, ...args] = words;
      const env = { ...process.env, CHAT_PORT: String(port), WEB_PORT: String(webPort), RAFT_PORT: '' };
      // Ctrl-C is for the launcher, which stops all in good order.
      const child = spawn(command, args, { env, stdio: ['ignore', log, log], detached: true });
      return new NodeProcess(child);
    } finally {
      closeSync(log);
    }
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** How it ended; undefined while it runs. */
  get end(): string | undefined {
    const { exitCode, signalCode } = this.child;
    if (signalCode !== null) return `ended by ${signalCode}`;
    return exitCode === null ? undefined : `ended with status ${exitCode}`;
  }

  /** Resolves when it has ended; after the grace, in milliseconds, it is made to. */
  async stop(grace: number): Promise<void> {
    if (this.end !== undefined) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), grace);
    await ended;
    clearTimeout(timer);
  }
}

let tying: boolean | undefined;

function canTie(): boolean {
  tying ??= spawnSync('setpriv', [...tie.slice(1), 'true'], { stdio: 'ignore' }).status === 0;
  return tying;
}
