import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import type { EngineLogger } from './engine-logger.js';
import { MemberLog } from './member-log.js';

/** How a process ended. */
export type MemberExit = {
  /** Null when a signal ended it, or it could not be started. */
  readonly status: number | null;
  readonly signal: string | null;
  /** Its own last words; may be empty. */
  readonly reason: string;
};

/** In one line. */
export function describeExit({ status, signal, reason }: MemberExit): string {
  const how =
    signal !== null ? `signal ${signal}` : status !== null ? `exit status ${status}` : 'not started';
  return reason === '' ? how : `${how}: ${reason}`;
}

/** One etcd process, from its start to its end. */
export class MemberProcess {
  private readonly log: MemberLog;
  private readonly exit: Promise<MemberExit>;
  private ended = false;

  private constructor(
    private readonly child: ChildProcess,
    logger: EngineLogger,
  ) {
    this.log = new MemberLog(logger);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8');
      stream?.on('data', (chunk: string) => this.log.push(chunk));
    }
    this.exit = this.waitForExit();
  }

  /**
   * The process has `folder` as its working directory. Where util-linux is at hand, the kernel kills it when
   * the thread that started it ends, whatever ends it: so it must be started from the main thread, which
   * lives as long as the node.
   */
  static async start(
    program: string,
    args: readonly string[],
    folder: string,
    logger: EngineLogger,
  ): Promise<MemberProcess> {
    const words = [...(await deathTie()), program, ...args];
    const [command = program, ...rest] = words;
    const child = spawn(command, rest, {
      cwd: folder,
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C at a terminal is for the node, which then stops its member in good order.
      detached: true,
    });
    return new MemberProcess(child, logger);
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  hasEnded(): boolean {
    return this.ended;
  }

  /** Resolves when the process has ended. */
  async wait(): Promise<MemberExit> {
    return this.exit;
  }

  /** Ends it with SIGTERM, and with SIGKILL after `patience` milliseconds. Resolves when it has ended. */
  async stop(patience: number): Promise<void> {
    if (this.ended) return;
    this.log.ending = true;
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), patience);
    await this.exit;
    clearTimeout(timer);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private async waitForExit(): Promise<MemberExit> {
    try {
      await once(this.child, 'close');
      this.log.end();
      const { exitCode, signalCode } = this.child;
      return { status: exitCode, signal: signalCode, reason: this.log.reason(signalCode !== null) };
    } catch (error) {
      return { status: null, signal: null, reason: error instanceof Error ? error.message : String(error) };
    } finally {
      this.ended = true;
    }
  }
}

/** etcd takes ETCD_… for flags, and would answer a service manager in the node's place. */
function environment(): NodeJS.ProcessEnv {
  const kept = ([name]: [string, unknown]) => /^(PATH|HOME|TMPDIR|TZ|GO[A-Z]+)$/.test(name);
  return Object.fromEntries(Object.entries(process.env).filter(kept));
}

const tie = ['setpriv', '--pdeathsig', 'KILL', '--'];
let tied: Promise<readonly string[]> | undefined;

/**
 * The words before a command that make it end with this process; none where the system has no such program.
 */
async function deathTie(): Promise<readonly string[]> {
  tied ??= promisify(execFile)('setpriv', [...tie.slice(1), 'true'], { timeout: 5_000 }).then(
    () => tie,
    () => [],
  );
  return tied;
}
