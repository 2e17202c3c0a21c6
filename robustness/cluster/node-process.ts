import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, writeFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../../test/testkit/deadline.js';
import { processTree } from '../../test/testkit/process-tree.js';

const clock = fileURLToPath(new URL('clock-preload.js', import.meta.url));

export type NodeSetup = {
  readonly number: number;
  readonly id: string;
  /** Of configuration, log and clock; not of the data. */
  readonly folder: string;
  /** What the configuration file holds. */
  readonly config: { readonly port: number; readonly server_data: string };
  /** bin/holdfast.js of the program that is tried. */
  readonly program: string;
};

/** One node: the real program and its member, which can be killed, paused and started again. */
export class NodeProcess {
  private child: ChildProcess | undefined;
  private output = '';
  private stopped = false;
  private over = false;
  /** How often it was started. */
  starts = 0;

  constructor(private readonly setup: NodeSetup) {}

  get number(): number {
    return this.setup.number;
  }

  get id(): string {
    return this.setup.id;
  }

  /** HOST:PORT for gRPC. */
  get address(): string {
    return `127.0.0.1:${this.setup.config.port}`;
  }

  get configPath(): string {
    return join(this.setup.folder, 'config.json');
  }

  get logPath(): string {
    return join(this.setup.folder, 'log.jsonl');
  }

  get dataFolder(): string {
    return join(this.setup.config.server_data, this.id);
  }

  /** 0: it does not run. */
  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** Without waiting until it serves. */
  async launch(): Promise<void> {
    const { folder, config, program, id } = this.setup;
    await mkdir(folder, { recursive: true });
    // A fault that was under way when the round was ended goes on.
    if (this.over) throw new Error(`the round of ${id} has ended`);
    writeFileSync(this.configPath, JSON.stringify(config));
    this.setClock(0);
    const args = ['--import', clock, program, 'serve', this.configPath, '--node-id', id];
    const env = { PATH: process.env.PATH, HOLDFAST_LOG: 'info', ROBUSTNESS_CLOCK: this.clockPath };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const log = createWriteStream(this.logPath, { flags: 'a' });
    this.output = '';
    child.stdout.on('data', (chunk: Buffer) => (this.output += String(chunk)));
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log);
    this.child = child;
    this.starts += 1;
  }

  async serving(): Promise<void> {
    await eventually(
      `${this.id} serves; its log is ${this.logPath}`,
      () => {
        if (this.child?.exitCode !== null) throw new Error(`${this.id} has ended: see ${this.logPath}`);
        return this.output.includes('Ctrl-C');
      },
      90_000,
    );
  }

  /** With SIGKILL, both its processes. Returns those that are gone. */
  async kill(): Promise<number[]> {
    const { child } = this;
    if (!child) return [];
    const tree = processTree(this.pid);
    for (const pid of tree) signal(pid, 'SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await eventually(`${this.id} and its member are gone`, () =>
      tree.every((pid) => processTree(pid).length === 0),
    );
    this.child = undefined;
    this.stopped = false;
    return tree;
  }

  /** For good. */
  async end(): Promise<void> {
    this.over = true;
    await this.kill();
  }

  /** Without waiting for it. */
  killNow(): void {
    for (const pid of processTree(this.pid)) signal(pid, 'SIGKILL');
  }

  /** In good order. Returns the exit status. */
  async stop(): Promise<number | string | null> {
    const { child } = this;
    if (!child) return 0;
    child.kill('SIGTERM');
    const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
    await eventually(`${this.id} ends when it is told to; its log is ${this.logPath}`, hasEnded, 90_000);
    this.child = undefined;
    return child.exitCode ?? child.signalCode;
  }

  /** Both its processes stand still. Returns them. */
  pause(): number[] {
    const tree = processTree(this.pid);
    for (const pid of tree) signal(pid, 'SIGSTOP');
    this.stopped = true;
    return tree;
  }

  resume(): void {
    if (!this.stopped) return;
    for (const pid of processTree(this.pid)) signal(pid, 'SIGCONT');
    this.stopped = false;
  }

  /** The node's wall clock is off by this many milliseconds from now on. */
  setClock(offset: number): void {
    writeFileSync(this.clockPath, String(offset));
  }

  /** As on a fresh machine. */
  async loseData(): Promise<void> {
    await rm(this.dataFolder, { recursive: true, force: true });
  }

  private get clockPath(): string {
    return join(this.setup.folder, 'clock');
  }
}

function signal(pid: number, name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It has ended by itself meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
