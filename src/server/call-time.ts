import { ChatError } from '../chat/chat-error.js';

/**
 * How long a call may take on a node of a cluster, in milliseconds: within 5 s a node that can't reach a majority
 * refuses (G9), and one call may ask the store for several things, each of which has a limit of its own.
 */
export const clusterCallTime = 4_500;

/**
 * - `read`: changes nothing.
 * - `change`: what is cut off may be done all the same.
 * - `long`: takes as long as it takes, since it hashes passwords, or has as many steps as there is data. When nothing is in
 *   reach, the store's own limits end it.
 */
export type CallKind = 'read' | 'change' | 'long';

/** The time that one call has left. */
export class CallTime {
  private timer: NodeJS.Timeout | undefined;
  private onExpiry: (() => void) | undefined;

  /** `milliseconds`: undefined for a call without a limit. */
  constructor(private readonly milliseconds: number | undefined) {}

  /** From here on the call does what takes as long as it takes, each step with a limit of the store's. */
  pause(): void {
    clearTimeout(this.timer);
  }

  /** It has all its time again. */
  resume(): void {
    const { onExpiry } = this;
    if (onExpiry) this.timer = setTimeout(onExpiry, this.milliseconds);
  }

  /**
   * The work's outcome, unless time is up before. Then the caller is told so, and the work goes on unheard: throws
   * STORE_UNAVAILABLE for a read, OUTCOME_UNKNOWN for a change.
   */
  async apply<T>(kind: CallKind, work: () => Promise<T>): Promise<T> {
    if (this.milliseconds === undefined || kind === 'long') return work();
    return new Promise((resolve, reject) => {
      this.onExpiry = () => {
        reject(new ChatError(kind === 'read' ? 'STORE_UNAVAILABLE' : 'OUTCOME_UNKNOWN'));
      };
      this.resume();
      const end = () => {
        this.onExpiry = undefined;
        this.pause();
      };
      work().then(resolve, reject).finally(end);
    });
  }
}
