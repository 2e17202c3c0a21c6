import { ClientError } from './client-error.js';
import type { Clock } from './clock.js';

/**
 * Runs an action that has to end within so many milliseconds. The signal that it is given aborts when the
 * time is over or the outer signal aborts; then this rejects at once, even if the action goes on. Rejects
 * with CONNECTION_LOST when the time is over, with the outer signal's reason when that one aborts.
 */
export async function within<T>(
  clock: Clock,
  limit: number,
  outer: AbortSignal | undefined,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const inner = new AbortController();
  const done = new AbortController();
  const forward = () => inner.abort(outer?.reason);
  outer?.addEventListener('abort', forward);
  const stopped = new Promise<never>((_, reject) => {
    inner.signal.addEventListener('abort', () => reject(inner.signal.reason as Error));
  });
  void clock.wait(limit, done.signal).then(() => {
    if (!done.signal.aborted) inner.abort(ClientError.lost());
  });
  try {
    return await Promise.race([action(inner.signal), stopped]);
  } finally {
    done.abort();
    outer?.removeEventListener('abort', forward);
  }
}
