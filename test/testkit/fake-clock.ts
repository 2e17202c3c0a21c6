import type { Clock } from '../../src/client/clock.js';

type Timer = { readonly due: number; readonly fire: () => void };

/** As many turns of the event loop as it takes until scripted servers have nothing more to do. */
const quietTurns = 25;

/**
 * A clock whose time passes only while `run` waits, and then at once: whenever nothing else is left to do,
 * it jumps to the next moment that somebody waits for. For tests without sockets and files.
 */
export class FakeClock implements Clock {
  /** Every wait that was asked for, in milliseconds. */
  readonly waits: number[] = [];
  private at = 0;
  private readonly timers = new Set<Timer>();

  now(): number {
    return this.at;
  }

  time(): number {
    return 1_700_000_000_000 + Math.floor(this.at);
  }

  wait(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.waits.push(milliseconds);
    return new Promise((resolve) => {
      const finish = () => {
        this.timers.delete(timer);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const timer = { due: this.at + milliseconds, fire: finish };
      if (signal?.aborted) {
        resolve();
        return;
      }
      this.timers.add(timer);
      signal?.addEventListener('abort', finish);
    });
  }

  /** Lets time pass until the promise settles. Throws when it would wait for ever. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = () => (settled = true);
    promise.then(done, done);
    await this.until('a call ends', () => settled);
    return promise;
  }

  /** Lets so many milliseconds pass. */
  async pass(milliseconds: number): Promise<void> {
    await this.run(this.wait(milliseconds));
  }

  /** Lets time pass until the condition holds. */
  async until(what: string, condition: () => boolean): Promise<void> {
    for (let jumps = 0, stuck = 0; ; jumps += 1) {
      await quiet(condition);
      if (condition()) return;
      // Without anybody who waits for a moment, something may still be on its way.
      stuck = this.jump() ? 0 : stuck + 1;
      if (stuck > 100 || jumps > 5_000) throw new Error(`waited in vain until ${what}`);
    }
  }

  private jump(): boolean {
    const next = [...this.timers].reduce<Timer | undefined>(
      (first, timer) => (first && first.due <= timer.due ? first : timer),
      undefined,
    );
    if (!next) return false;
    this.at = Math.max(this.at, next.due);
    next.fire();
    return true;
  }
}

/** Resolves when nothing that is under way can go on by itself, or the condition holds. */
export async function quiet(condition: () => boolean = () => false): Promise<void> {
  for (let turn = 0; turn < quietTurns && !condition(); turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
