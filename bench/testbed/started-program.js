// A program of Node's that the benchmark has started, with this one's options of Node: run the benchmark with
// `node --cpu-prof bench/run.js` to see where both spend their time.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { root } from '../../scripts/setup.js';
import { ownTime, treeOf } from './cpu-time.js';

const answers = new URL('answers.js', import.meta.url).href;
/** Milliseconds until a program that does not end by itself is killed. */
const patience = 20_000;

export class StartedProgram {
  #child;
  #ended;
  #output = '';

  /** `path`: below the root; `flags`: of Node's. */
  constructor(path, args, environment = {}, flags = []) {
    this.#child = fork(join(root, path), args, {
      execArgv: [...process.execArgv, ...flags, '--import', answers],
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: { ...process.env, ...environment },
      serialization: 'advanced',
    });
    this.#ended = once(this.#child, 'exit');
    this.#child.stdout.on('data', (chunk) => {
      this.#output += chunk;
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** Resolves to the match in what it prints. Throws when it ends before. */
  async printed(pattern) {
    for (;;) {
      const match = pattern.exec(this.#output);
      if (match) return match;
      await this.#orEnded(once(this.#child.stdout, 'data'));
    }
  }

  /** Bytes, after a garbage collection: as process.memoryUsage. */
  async memory() {
    const answer = this.heard();
    this.tell('memory');
    return answer;
  }

  /** Bytes of memory that what it has started holds, as the kernel counts them, without files that are mapped. */
  childrenBytes() {
    return treeOf(this.pid)
      .slice(1)
      .map((pid) => Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0))
      .reduce((sum, kib) => sum + kib * 1_024, 0);
  }

  /** Milliseconds of processor that it alone has used. */
  cpuTime() {
    return ownTime(this.pid);
  }

  tell(message) {
    // Of one that has ended, whoever waits for its answer hears.
    this.#child.send(message, () => undefined);
  }

  /** Resolves to what it says next. Throws when it ends before. */
  async heard() {
    const [message] = await this.#orEnded(once(this.#child, 'message'));
    return message;
  }

  /** With all that it has started, at once and without a word. */
  async kill() {
    for (const pid of treeOf(this.pid)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended with its parent.
      }
    }
    await this.#ended;
  }

  /** Idempotent. */
  async stop() {
    this.#child.kill('SIGTERM');
    const impatience = new AbortController();
    const late = delay(patience, 'late', { signal: impatience.signal }).catch(() => undefined);
    if ((await Promise.race([this.#ended, late])) === 'late') {
      process.stderr.write(`${this.#child.spawnargs.join(' ')} does not end and is killed\n`);
      await this.kill();
    }
    impatience.abort();
  }

  /** Throws when the program ends first. */
  async #orEnded(act) {
    const ended = this.#ended.then(([code, signal]) => {
      throw new Error(`${this.#child.spawnargs.join(' ')} has ended: ${code ?? signal}`);
    });
    return Promise.race([act, ended]);
  }
}
