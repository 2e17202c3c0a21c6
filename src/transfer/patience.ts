import { StoreError } from '../kv/store-error.js';

/** Resolves after that many milliseconds. Passed in, so that tests need not wait. */
export type Wait = (milliseconds: number) => Promise<void>;

const delays = [50, 100, 250, 500, 1_000];
/** Together some 30 seconds: longer than a cluster needs to elect a leader. */
const attempts = 32;

/** Makes a call again while the store can't be reached. Throws what the last attempt threw. */
export async function patiently<T>(wait: Wait, call: () => Promise<T>): Promise<T> {
  for (let i = 0; ; i += 1) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof StoreError) || !error.retryable || i === attempts) throw error;
    }
    await wait(delays[Math.min(i, delays.length - 1)] ?? 0);
  }
}
