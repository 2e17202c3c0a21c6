import type { Store } from './store.js';

/**
 * A store as it was at one moment, while others go on writing to it. Each read is of that moment and names its
 * revision; it throws COMPACTED when the store could not keep it any longer.
 */
export interface Moment extends Pick<Store, 'read' | 'count'> {
  /** Lets the store forget what has changed since. Idempotent. */
  close(): Promise<void>;
}
