import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from './engine-error.js';
import type { EngineLogger } from './engine-logger.js';
import { describeExit, MemberProcess } from './member-process.js';
import type { MemberExit } from './member-process.js';
import { socketName } from './socket-address.js';

/**
 * The life of a member, from its `start`:
 *
 *     stopped → starting → running ⇄ restarting
 *                  ↓          ↓          ↓
 *               stopped ←  stopping  ←───┘
 */
export type MemberState =
  /** No process, and none will be started: not yet, or not any more. */
  | { readonly name: 'stopped'; readonly failure?: EngineError }
  /** The first process does not answer yet. When it ends like this, the start has failed. */
  | { readonly name: 'starting' }
  /** The process has read its data and takes part. Whether it knows a leader is another matter. */
  | { readonly name: 'running'; readonly pid: number }
  /** The process has ended by itself; the next one waits to be started, or does not answer yet. */
  | { readonly name: 'restarting'; readonly reason: string; readonly attempt: number }
  /** It was told to end. */
  | { readonly name: 'stopping' };

export type MemberOptions = {
  readonly program: string;
  readonly flags: readonly string[];
  /** The node's folder; its lock is held. */
  readonly folder: string;
  readonly logger: EngineLogger;
  /** Whether the member takes part: it answers on its Raft port. */
  readonly isUp: (signal: AbortSignal) => Promise<boolean>;
  /** Whether its cluster has removed it. */
  readonly isRemoved: (signal: AbortSignal) => Promise<boolean>;
  /** Called before the process is told to end. */
  readonly beforeStop: () => void;
  readonly timing?: Partial<MemberTiming>;
};

/** Milliseconds. */
export type MemberTiming = {
  /** For the first start; a database of many GiB takes minutes on a slow disk. */
  readonly start: number;
  /** Before the first restart; doubled each time it fails again. */
  readonly firstDelay: number;
  readonly longestDelay: number;
  /** A process that ran this long was well: the delay begins anew. */
  readonly steady: number;
  /** From SIGTERM to SIGKILL. */
  readonly stop: number;
};

const defaultTiming: MemberTiming = {
  start: 300_000,
  firstDelay: 250,
  longestDelay: 15_000,
  steady: 30_000,
  stop: 10_000,
};

/** Supervises the etcd process of one node: it is started again for as long as it should run. */
export class Member {
  private current: MemberState = { name: 'stopped' };
  private readonly listeners = new Set<(state: MemberState) => void>();
  private readonly timing: MemberTiming;
  private readonly end = new AbortController();
  private process: MemberProcess | undefined;
  /** Starting, then supervising; never rejects. */
  private work: Promise<unknown> = Promise.resolve();
  private closing: Promise<void> | undefined;

  constructor(private readonly options: MemberOptions) {
    this.timing = { ...defaultTiming, ...options.timing };
  }

  get state(): MemberState {
    return this.current;
  }

  /** Calls the listener with each new state; returns what ends that. */
  onState(listener: (state: MemberState) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Resolves when the member takes part. That needs no majority; but etcd answers on its socket only after it
   * has once reached one. Throws EngineError PORT_TAKEN, START_FAILED, REMOVED, CLOSED; then nothing is left
   * running.
   */
  async start(): Promise<void> {
    if (this.closing) throw closed();
    this.enter({ name: 'starting' });
    const first = this.startFirst();
    this.work = first.then(
      (process) => this.supervise(process),
      () => undefined,
    );
    await first;
  }

  /** Idempotent. Resolves when the process has ended. */
  async close(): Promise<void> {
    this.closing ??= this.stop();
    await this.closing;
  }

  private async stop(): Promise<void> {
    const { name } = this.current;
    if (name !== 'stopped') this.enter({ name: 'stopping' });
    this.options.beforeStop();
    this.end.abort();
    await this.process?.stop(this.timing.stop);
    await this.work;
    if (name !== 'stopped') this.enter({ name: 'stopped' });
  }

  private async startFirst(): Promise<MemberProcess> {
    const { signal } = this.end;
    const patience = performance.now() + this.timing.start;
    for (;;) {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        this.process?.kill();
      }, patience - performance.now());
      const exit = await this.run();
      clearTimeout(timer);
      if (exit instanceof MemberProcess) return exit;
      if (isPassing(exit) && !signal.aborted && performance.now() < patience) {
        await sleep(this.timing.firstDelay, undefined, { signal }).catch(() => undefined);
        continue;
      }
      const failure = signal.aborted ? closed() : await this.explain(exit, late);
      this.enter({ name: 'stopped', failure });
      throw failure;
    }
  }

  private async supervise(first: MemberProcess): Promise<void> {
    let began = performance.now();
    let exit = await first.wait();
    for (let attempt = 1; !this.closing; attempt += 1) {
      const failure = await this.removal(exit);
      if (failure) {
        this.options.logger.error({}, failure.message);
        this.enter({ name: 'stopped', failure });
        return;
      }
      if (performance.now() - began > this.timing.steady) attempt = 1;
      const delay = Math.min(this.timing.firstDelay * 2 ** (attempt - 1), this.timing.longestDelay);
      const reason = describeExit(exit);
      this.enter({ name: 'restarting', reason, attempt });
      this.options.logger.warn({ attempt, delay }, `etcd has ended (${reason}); it is started again`);
      await sleep(delay, undefined, { signal: this.end.signal }).catch(() => undefined);
      if (this.end.signal.aborted) return;
      began = performance.now();
      const outcome = await this.run();
      exit = outcome instanceof MemberProcess ? await outcome.wait() : outcome;
    }
  }

  /** One process, until it takes part or has ended. */
  private async run(): Promise<MemberProcess | MemberExit> {
    try {
      const process = await this.launch();
      return (await this.readyOrEnded(process)) ?? process;
    } catch (error) {
      return { status: null, signal: null, reason: error instanceof Error ? error.message : String(error) };
    }
  }

  private async launch(): Promise<MemberProcess> {
    const { program, flags, folder, logger } = this.options;
    // Its being there again shows that this process has its ports, not an older one.
    await rm(join(folder, socketName), { force: true });
    const process = await MemberProcess.start(program, flags, folder, logger);
    this.process = process;
    if (this.end.signal.aborted) process.kill();
    return process;
  }

  /** Undefined: it takes part now. */
  private async readyOrEnded(process: MemberProcess): Promise<MemberExit | undefined> {
    const { folder, isUp } = this.options;
    const socket = join(folder, socketName);
    while (!process.hasEnded()) {
      if ((await exists(socket)) && (await isUp(this.end.signal)) && !process.hasEnded()) {
        if (!this.closing) this.enter({ name: 'running', pid: process.pid ?? 0 });
        return undefined;
      }
      await Promise.race([process.wait(), sleep(20)]);
    }
    return process.wait();
  }

  private async explain(exit: MemberExit, late: boolean): Promise<EngineError> {
    const { folder } = this.options;
    const removed = await this.removal(exit);
    if (removed) return removed;
    const [, taken] = /listen tcp (\S+): bind: address already in use/.exec(exit.reason) ?? [];
    if (taken !== undefined) return portTaken(taken);
    const what = late ? `has not started within ${this.timing.start / 1_000} s` : 'does not start';
    const message =
      `etcd in ${folder} ${what}: ${describeExit(exit)}; ` +
      `if its data is damaged, replace this node as a member and start it with an empty folder`;
    return new EngineError('START_FAILED', message);
  }

  /** An etcd that ends well without being told to was removed; whether by its cluster, its cluster knows. */
  private async removal(exit: MemberExit): Promise<EngineError | undefined> {
    if (exit.status !== 0 || !(await this.options.isRemoved(this.end.signal))) return undefined;
    return removed(this.options.folder);
  }

  private enter(state: MemberState): void {
    this.current = state;
    for (const listener of this.listeners) listener(state);
  }
}

export function removed(folder: string): EngineError {
  return new EngineError(
    'REMOVED',
    `this node was removed from its cluster: to have it back, delete ${folder} and add it as a new member`,
  );
}

/** `address`: HOST:PORT of this machine. */
export function portTaken(address: string, cause?: unknown): EngineError {
  const message = `the Raft port ${address} is taken by another program: end that one, or change the port`;
  return new EngineError('PORT_TAKEN', message, { cause });
}

/** So etcd ends when it meets a cluster that has not agreed on its version yet: one that has just begun. */
function isPassing({ reason }: MemberExit): boolean {
  return reason.includes('incompatible with current running cluster');
}

function closed(): EngineError {
  return new EngineError('CLOSED', 'the engine was closed while it started');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
