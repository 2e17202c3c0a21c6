import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { findMembers } from '../../src/engine/orphan.js';
import { eventually } from './deadline.js';

const program = fileURLToPath(new URL('run-engine.js', import.meta.url));

/** An engine in a process of its own, which can be killed. Whatever it leaves behind ends with the test. */
export class EngineProcess {
  output = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    private readonly nodeId: string,
  ) {
    child.stdout?.on('data', (chunk) => (this.output += String(chunk)));
    child.stderr?.on('data', (chunk) => (this.output += String(chunk)));
  }

  /** `tied`: whether setpriv is to be found, with which a member ends together with its node. */
  static async start(
    options: { nodeId: string; serverData: string; peers: object },
    tied: boolean,
  ): Promise<EngineProcess> {
    const { nodeId, serverData } = options;
    const nothing = join(serverData, 'no-programs');
    await mkdir(nothing, { recursive: true });
    const env = { PATH: tied ? process.env.PATH : nothing, ETCD_PATH: process.env.PATH };
    const child = spawn(process.execPath, [program, JSON.stringify(options)], { env });
    const engine = new EngineProcess(child, join(serverData, nodeId), nodeId);
    onTestFinished(async () => {
      await engine.kill();
      for (const pid of await engine.members()) process.kill(pid, 'SIGKILL');
    });
    await eventually('the member runs', () => {
      if (child.exitCode !== null) throw new Error(`the engine has ended: ${engine.output}`);
      return engine.output.includes('"running"');
    });
    return engine;
  }

  /** The process ids of etcds in the node's folder. */
  async members(): Promise<number[]> {
    return findMembers(this.folder, this.nodeId);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended();
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.ended();
  }

  private async ended(): Promise<void> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}
