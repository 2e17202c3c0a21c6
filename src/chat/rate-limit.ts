import { LRUCache } from 'lru-cache';
import type { Time } from './types.js';

/** How much is allowed: `burst` at once, and then `perMinute`. */
export type Rate = { readonly burst: number; readonly perMinute: number };

/** Milliseconds that one of it takes. */
function interval({ perMinute }: Rate): number {
  return 60_000 / perMinute;
}

/**
 * Milliseconds until one more is allowed; 0: now. `due` is when all that was taken has been made up for, and is all
 * that needs to be kept (the generic cell rate algorithm, ITU-T I.371). A time that a clock has jumped away from
 * never delays for longer than the rate itself does.
 */
export function delayOf(rate: Rate, due: Time, now: Time): number {
  const ahead = due - now;
  if (ahead > rate.burst * interval(rate)) return 0;
  return Math.max(0, ahead - (rate.burst - 1) * interval(rate));
}

/** `due` after so many more. */
export function dueAfter(rate: Rate, due: Time, now: Time, amount = 1): Time {
  const longest = now + rate.burst * interval(rate);
  return Math.min(longest, Math.max(due, now) + amount * interval(rate));
}

/** Holds many to one rate, each by itself, in the memory of this node. Whoever was longest quiet is forgotten first. */
export class RateLimit {
  private readonly dues: LRUCache<string, Time>;

  constructor(
    private readonly rate: Rate,
    private readonly now: () => Time,
    /** So many are remembered. */
    max = 100_000,
  ) {
    this.dues = new LRUCache({ max });
  }

  /** Milliseconds until `name` may take one; 0: now. */
  delay(name: string): number {
    return delayOf(this.rate, this.dues.get(name) ?? 0, this.now());
  }

  /** Takes as many, whether there are as many or not. */
  take(name: string, amount = 1): void {
    this.dues.set(name, dueAfter(this.rate, this.dues.get(name) ?? 0, this.now(), amount));
  }
}
