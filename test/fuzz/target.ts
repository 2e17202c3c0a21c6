import { Random } from './mutator.js';

/** Something that takes bytes from outside. */
export type Target = {
  readonly name: string;
  /** Throws, or takes longer than the limit, when the input has found a flaw. */
  readonly run: (random: Random) => unknown;
};

/** Milliseconds that a case may take: far more than any needs. */
const limit = 20_000;

/** A flaw, and how to meet it again. */
export class Finding extends Error {
  constructor(target: string, seed: number, number: number, cause: unknown) {
    const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    super(`npm run fuzz -- --seed ${seed} --target '${target}' --case ${number}\n${what}`, { cause });
  }
}

/** Runs one case. Its input depends on the seed, the target and the number alone. */
export async function runCase({ name, run }: Target, seed: number, number: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it takes longer than ${limit} ms`)), limit);
  });
  try {
    await Promise.race([run(new Random(mix(seed, name, number))), hang]);
  } catch (cause) {
    throw new Finding(name, seed, number, cause);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs cases from the first one on until the time, in milliseconds, is over; returns how many. */
export async function runCases(target: Target, seed: number, time: number): Promise<number> {
  const end = performance.now() + time;
  let number = 0;
  for (; performance.now() < end; number += 1) {
    await runCase(target, seed, number);
    // What only promises does not let timers and the network have their turn.
    if (number % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return number;
}

/** FNV-1a of all three. */
function mix(seed: number, name: string, number: number): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${seed} ${name} ${number}`)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
