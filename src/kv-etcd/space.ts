import { AlarmRequest_AlarmAction, AlarmType } from '../etcd/api/etcdserverpb/rpc_pb.js';
import type { EtcdClient } from '../etcd/etcd-client.js';
import { StoreError } from '../kv/store-error.js';
import type { Commit } from '../kv/store.js';
import { budgets } from './budgets.js';
import { hasPuts } from './txn-codec.js';

/** Refuses commits for which there is no space, before they are sent: so it is certain that nothing was written. */
export class Space {
  /** etcd has raised its alarm: it takes no more puts. */
  private alarmed = false;
  private looked = 0;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly client: EtcdClient,
    private readonly full: () => boolean,
  ) {}

  /** To be called when etcd has reported that it is full. */
  onFull(): void {
    this.alarmed = true;
    this.looked = performance.now();
  }

  /** Throws OUT_OF_SPACE. */
  require(commit: Commit): void {
    if (this.full() && !commit.reserve) throw outOfSpace('the space that is left is kept for deleting');
    if (this.alarmed && hasPuts(commit)) throw outOfSpace('the cluster has used up its quota');
  }

  /** Whether to `look` before the commit is refused. */
  isLookDue(commit: Commit): boolean {
    return this.alarmed && hasPuts(commit) && performance.now() - this.looked >= budgets.spaceCheck;
  }

  /** Asks etcd whether its alarm is over. */
  async look(): Promise<void> {
    this.looking ??= this.ask();
    await this.looking;
  }

  private async ask(): Promise<void> {
    try {
      const { alarms } = await this.client.alarm(
        { action: AlarmRequest_AlarmAction.GET },
        { deadline: budgets.spaceCheck },
      );
      this.alarmed = alarms.some(({ alarm }) => alarm === AlarmType.NOSPACE);
    } catch {
      // Not known to be over.
    }
    this.looked = performance.now();
    this.looking = undefined;
  }
}

function outOfSpace(reason: string): StoreError {
  return new StoreError('OUT_OF_SPACE', `the replicated store has no room: ${reason}`);
}
