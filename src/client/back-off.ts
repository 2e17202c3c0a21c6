import type { Random } from './random.js';

/**
 * How long to wait after so many failures in a row (0: after the first), in milliseconds: twice as long each
 * time, up to `longest`, and a random part of up to a half less, so that clients that failed together do not
 * come back together.
 */
export function backOff(
  failures: number,
  limits: { first: number; longest: number },
  random: Random,
): number {
  const full = Math.min(limits.longest, limits.first * 2 ** Math.min(failures, 30));
  return full * (1 - random.fraction() / 2);
}

/** The delay that a server asked for, in milliseconds, and a random part of up to a quarter more. */
export function askedDelay(delay: number, random: Random): number {
  return delay * (1 + random.fraction() / 4);
}
