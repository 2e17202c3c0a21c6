import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { eventually } from './deadline.js';

export const program = fileURLToPath(new URL('../../bin/holdfast.js', import.meta.url));

export type ServerProcessOptions = {
  readonly config?: object;
  /** A command that runs the program, such as a tracer. */
  readonly wrapper?: readonly string[];
  /** Runs it as this node of a cluster. */
  readonly nodeId?: string;
  /** Of the environment, beside PATH. */
  readonly env?: Readonly<Record<string, string>>;
};

/** The real program, serving a data folder on free ports. It ends with its test. */
export class ServerProcess {
  output = '';
  log = '';

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk) => (this.output += String(chunk)));
    child.stderr?.on('data', (chunk) => (this.log += String(chunk)));
  }

  static async start(folder: string, options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const server = await ServerProcess.launch(folder, options);
    await server.serving();
    return server;
  }

  /** Resolves once it says that it runs. */
  async serving(): Promise<void> {
    const runs = eventually('the server runs', () => {
      if (this.child.exitCode !== null) throw new Error('the server has ended');
      return this.output.includes('Ctrl-C');
    });
    await runs.catch((cause: unknown) => {
      throw new Error(`the server does not serve:\n${this.output}${this.log.slice(-4_000)}`, { cause });
    });
  }

  /** Without waiting for it to run. */
  static async launch(folder: string, options: ServerProcessOptions): Promise<ServerProcess> {
    const { config, wrapper = [], nodeId, env: more } = options;
    const path = join(folder, 'config.json');
    const content = { port: 0, web_port: 0, server_data: join(folder, 'data'), ...config };
    await writeFile(path, JSON.stringify(content));
    const node = nodeId === undefined ? [] : ['--node-id', nodeId];
    const [command = process.execPath, ...args] = [
      ...wrapper,
      process.execPath,
      program,
      'serve',
      path,
      ...node,
    ];
    const env = { PATH: process.env.PATH, HOLDFAST_LOG: 'info', ...more };
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const server = new ServerProcess(child);
    onTestFinished(() => server.kill());
    return server;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** HOST:PORT of the gRPC port. */
  get address(): string {
    return /gRPC +(\S+)/.exec(this.output)?.[1] ?? '';
  }

  get webAddress(): string {
    return /web +(\S+)/.exec(this.output)?.[1] ?? '';
  }

  /** Waits for the end. Returns the exit status, or the name of the signal that ended it. */
  async ended(): Promise<number | string> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.exitCode ?? child.signalCode ?? '';
  }

  async stop(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<number | string> {
    this.child.kill(signal);
    return this.ended();
  }

  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGHUP'): void {
    this.child.kill(name);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended();
  }
}
