import type { EtcdClient } from '../etcd/etcd-client.js';
import { EtcdError } from '../etcd/etcd-error.js';
import { budgets } from './budgets.js';

export type WatchedCall = {
  /** Aborts, with a reason as text, when the call is not worth waiting for any longer. */
  readonly signal: AbortSignal;
  readonly abort: () => void;
  /** To be called when the call was answered by what only a majority can answer. */
  answered(): void;
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
 * - Without a leader for `budgets.leaderless`, running calls end and new ones are to be refused. So too when nobody
 *   listens at the member for as long.
 * - So too when no call at all was answered for `budgets.unanswered` while one was running. What the member says of itself
 *   does not count: one whose disk hangs still names a leader, and answers nothing else; one that is only slow, as all is on
 *   a machine that is overloaded, says nothing of itself, and answers. A read of its own tells when it serves again.
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
  /** Calls get no answers, whatever the member says of itself. */
  private unanswered = false;
  private lastAnswer = -Infinity;

  constructor(
    private readonly client: EtcdClient,
    /** Called when `lost` has become true, perhaps more than once. */
    private readonly onLost: () => void,
  ) {}

  /** Whether the member has been without a leader, or has not answered, for too long. */
  get lost(): boolean {
    const { leaderlessSince } = this;
    if (this.unanswered) return true;
    return leaderlessSince !== undefined && performance.now() - leaderlessSince >= budgets.leaderless;
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
      answered: () => {
        this.lastAnswer = performance.now();
      },
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
    // Sets keep the order of what was added.
    const [oldest] = this.calls;
    if (!oldest && !this.doubtful) {
      clearInterval(this.timer);
      this.timer = undefined;
      return;
    }
    const now = performance.now();
    if (oldest && now - Math.max(oldest.since, this.lastAnswer) >= budgets.unanswered) {
      this.unanswered = true;
      this.giveUp('nothing is answered');
    }
    const slow = oldest && now - oldest.since >= budgets.slow;
    if (!this.looking && (slow || this.doubtful)) void this.look(now);
  }

  private get doubtful(): boolean {
    return this.unanswered || this.leaderlessSince !== undefined;
  }

  private async look(now: number): Promise<void> {
    this.looking = true;
    try {
      const { signal } = this.stopping;
      const { leader, raftTerm } = await this.client.status({ deadline: budgets.status, signal });
      if (leader === 0n) this.missLeader(now);
      else {
        this.seeLeader(raftTerm);
        if (this.unanswered) await this.probe(signal);
      }
    } catch (cause) {
      const slow = cause instanceof EtcdError && cause.code === 'OUTCOME_UNKNOWN';
      if (!slow && !this.stopping.signal.aborted) this.missLeader(now);
    }
    this.looking = false;
  }

  private missLeader(now: number): void {
    this.leaderlessSince ??= now;
    if (this.lost) this.giveUp('no majority of the nodes is in reach');
  }

  /** A read that only a majority can answer. */
  private async probe(signal: AbortSignal): Promise<void> {
    try {
      await this.client.range({ key: Buffer.of(0) }, { deadline: budgets.read, signal });
      this.unanswered = false;
      this.lastAnswer = performance.now();
    } catch {
      // Not yet.
    }
  }

  private giveUp(reason: string): void {
    for (const { controller } of this.calls) controller.abort(reason);
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
