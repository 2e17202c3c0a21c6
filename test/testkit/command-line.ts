import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { eventually } from './deadline.js';
import { program } from './server-process.js';

export type Outcome = { readonly status: number; readonly out: string; readonly err: string };

/** One person's shell: the real program with a state folder of its own. */
export class CommandLine {
  constructor(
    private readonly home: string,
    private readonly servers: string,
    /** Of the environment, beside what every command has. */
    private readonly more: Readonly<Record<string, string>> = {},
  ) {}

  get env(): Record<string, string | undefined> {
    return { PATH: process.env.PATH, HOLDFAST_HOME: this.home, HOLDFAST_SERVER: this.servers, ...this.more };
  }

  /** Runs one command to its end. */
  async run(args: readonly string[], input: string | Buffer = ''): Promise<Outcome> {
    const command = this.spawn(process.execPath, [program, ...args]);
    command.child.stdin?.on('error', () => undefined);
    command.child.stdin?.end(input);
    return command.ended();
  }

  /** Runs one command until it is stopped; it ends with its test. */
  spawn(command: string, args: readonly string[]): RunningCommand {
    const running = new RunningCommand(spawn(command, args, { env: this.env, stdio: 'pipe' }));
    onTestFinished(() => running.kill());
    return running;
  }

  /** A command on a terminal of its own, for what asks a person. */
  onTerminal(args: readonly string[]): RunningCommand {
    const line = [process.execPath, program, ...args].map((word) => `'${word}'`).join(' ');
    return this.spawn('script', ['--quiet', '--flush', '--return', '--command', line, '/dev/null']);
  }
}

export class RunningCommand {
  out = '';
  err = '';

  constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk) => (this.out += String(chunk)));
    child.stderr?.on('data', (chunk) => (this.err += String(chunk)));
  }

  async shows(text: string): Promise<void> {
    await eventually(`${text} is shown, not ${this.out}${this.err}`, () => this.out.includes(text));
  }

  type(text: string): void {
    this.child.stdin?.write(text);
  }

  signal(name: 'SIGINT' | 'SIGTERM'): void {
    this.child.kill(name);
  }

  async ended(): Promise<Outcome> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    return { status: child.exitCode ?? -1, out: this.out, err: this.err };
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended();
  }
}
