/**
 * Milliseconds, with fractions, of this machine's monotonic clock: the same for all processes on it, and untouched by
 * clock jumps.
 */
export function moment(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
