import type { EtcdClient } from '../etcd/etcd-client.js';
import { EtcdError } from '../etcd/etcd-error.js';
import { budgets } from './budgets.js';

export type WatchedCall = {
  /** Aborts, with a reason as text, when the call is not worth waiting for any longer. */
  readonly signal: AbortSignal;
  readonly abort: () => void;
  /** To be called when the call has ended, however it did. */
  end(): void;
};

type Running = {
  readonly since: number;
  readonly term: bigint;
  readonly controller: AbortController;
  readonly onSuperseded: (() => void) | undefined;
  grace: NodeJS.Timeout | undefined;
};

/**
 * Ends calls that hang because of the leader. It looks at the member's state, but only while a call takes
 * longer than it should, or since there was no leader.
 *
 * - Without a leader for `budgets.leaderless`, running calls end and new ones are to be refused. So too when the
 *   member says nothing for `budgets.silent`: it may only be slow, as all is on a machine that is overloaded.
 * - A call that was made under an earlier term than that of the leader there is now was probably passed on to
 *   a leader that died: etcd would let it wait for 7 s. It ends after a short grace, in which the answer comes
 *   if the call only waited for a leader. To end it is safe since nothing is concluded from it: a read is made
 *   again, a commit has an unknown outcome, which stays true if the old leader's message is applied later. Whoever
 *   tries such a commit again checks what it was built on, and of the two at most one passes.
 */
export class LeaderWatch {
  private readonly calls = new Set<Running>();
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private looking = false;
  private term = 0n;
  private leaderlessSince: number | undefined;
  /** Milliseconds that it may last. */
  private patience: number = budgets.leaderless;

  constructor(
    private readonly client: EtcdClient,
    /** Called when the member has been without a leader for too long. */
    private readonly onLost: () => void,
  ) {}

  /** Whether the member has been without a leader for too long. */
  get lost(): boolean {
    const { leaderlessSince } = this;
    return leaderlessSince !== undefined && performance.now() - leaderlessSince >= this.patience;
  }

  /** To be called with the term of every answer. */
  observe(term: bigint | undefined): void {
    if (term !== undefined && term > this.term) this.term = term;
  }

  /** `onSuperseded`: there is another leader; the call is in its grace. */
  begin(onSuperseded?: () => void): WatchedCall {
    const controller = new AbortController();
    const call: Running = {
      since: performance.now(),
      term: this.term,
      controller,
      onSuperseded,
      grace: undefined,
    };
    this.calls.add(call);
    this.timer ??= setInterval(() => this.tick(), budgets.poll);
    return {
      signal: controller.signal,
      abort: () => controller.abort('given up'),
      end: () => {
        clearTimeout(call.grace);
        this.calls.delete(call);
      },
    };
  }

  /** Ends every call. Idempotent. */
  close(): void {
    clearInterval(this.timer);
    this.stopping.abort();
    for (const { controller } of this.calls) controller.abort('the store is closed');
  }

  private tick(): void {
    if (this.calls.size === 0 && this.leaderlessSince === undefined) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    const now = performance.now();
    const slow = [...this.calls].some(({ since }) => now - since >= budgets.slow);
    if (!this.looking && (slow || this.leaderlessSince !== undefined)) void this.look(now);
  }

  private async look(now: number): Promise<void> {
    this.looking = true;
    try {
      const { signal } = this.stopping;
      const { leader, raftTerm } = await this.client.status({ deadline: budgets.status, signal });
      if (leader === 0n) this.missLeader(now, budgets.leaderless);
      else this.seeLeader(raftTerm);
    } catch (cause) {
      const silent = cause instanceof EtcdError && cause.code === 'OUTCOME_UNKNOWN';
      if (!this.stopping.signal.aborted) this.missLeader(now, silent ? budgets.silent : budgets.leaderless);
    }
    this.looking = false;
  }

  private missLeader(now: number, patience: number): void {
    this.leaderlessSince ??= now;
    this.patience = patience;
    if (!this.lost) return;
    for (const { controller } of this.calls) controller.abort('no majority of the nodes is in reach');
    this.onLost();
  }

  private seeLeader(term: bigint): void {
    this.leaderlessSince = undefined;
    this.observe(term);
    for (const call of this.calls) {
      if (call.term >= term || call.grace) continue;
      call.grace = setTimeout(() => call.controller.abort('the leader has changed'), budgets.grace);
      call.onSuperseded?.();
    }
  }
}
