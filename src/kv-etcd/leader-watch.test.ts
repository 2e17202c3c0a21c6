import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EtcdClient } from '../etcd/etcd-client.js';
import { EtcdError } from '../etcd/etcd-error.js';
import { budgets } from './budgets.js';
import { LeaderWatch } from './leader-watch.js';

type Answer = { readonly leader: bigint; readonly raftTerm: bigint };

/** A call that hangs, and a member that answers about its state as it is told to. */
function hanging(answer: () => Promise<Answer>) {
  const onLost = vi.fn();
  const watch = new LeaderWatch({ status: answer } as unknown as EtcdClient, onLost);
  const call = watch.begin();
  return { watch, call, onLost };
}

const noAnswer = () => Promise.reject(new EtcdError('OUTCOME_UNKNOWN', 'etcd Status: deadline exceeded'));

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

it('gives calls up when the member has said for 2 s that there is no leader', async () => {
  const { watch, call, onLost } = hanging(() => Promise.resolve({ leader: 0n, raftTerm: 2n }));
  await vi.advanceTimersByTimeAsync(2_000);
  expect([watch.lost, call.signal.aborted]).toEqual([false, false]);
  await vi.advanceTimersByTimeAsync(400);
  expect([watch.lost, call.signal.aborted]).toEqual([true, true]);
  expect(onLost).toHaveBeenCalled();
  watch.close();
});

it('gives calls up after 2 s when nobody listens at the member', async () => {
  const { watch, call } = hanging(() =>
    Promise.reject(new EtcdError('NOT_SENT', 'etcd Status: No connection established')),
  );
  await vi.advanceTimersByTimeAsync(2_400);
  expect([watch.lost, call.signal.aborted]).toEqual([true, true]);
  watch.close();
});

it('is at peace again with the first answer that names a leader', async () => {
  let answer: () => Promise<Answer> = () => Promise.resolve({ leader: 0n, raftTerm: 0n });
  const { watch, call } = hanging(() => answer());
  await vi.advanceTimersByTimeAsync(1_500);
  answer = () => Promise.resolve({ leader: 5n, raftTerm: 0n });
  await vi.advanceTimersByTimeAsync(300);
  call.answered();
  answer = () => Promise.resolve({ leader: 0n, raftTerm: 0n });
  await vi.advanceTimersByTimeAsync(1_500);
  expect([watch.lost, call.signal.aborted]).toEqual([false, false]);
  watch.close();
});

describe.each([
  ['names a leader', async () => Promise.resolve({ leader: 5n, raftTerm: 0n })],
  ['says nothing of itself', noAnswer],
] as const)('a member that %s', (_, status) => {
  const margin = 2 * budgets.poll;

  it('is given up on when it answers no call, until it answers a read', async () => {
    let range: () => Promise<object> = noAnswer;
    const onLost = vi.fn();
    let state: () => Promise<Answer> = status;
    const client = { status: () => state(), range: () => range() } as unknown as EtcdClient;
    const watch = new LeaderWatch(client, onLost);
    const call = watch.begin();
    await vi.advanceTimersByTimeAsync(budgets.unanswered - 1);
    expect([watch.lost, call.signal.aborted]).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(margin);
    expect([watch.lost, call.signal.aborted]).toEqual([true, true]);
    expect(onLost).toHaveBeenCalled();
    call.end();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(watch.lost).toBe(true);
    range = () => Promise.resolve({});
    state = () => Promise.resolve({ leader: 5n, raftTerm: 0n });
    await vi.advanceTimersByTimeAsync(margin);
    expect(watch.lost).toBe(false);
    watch.close();
  });

  it('is borne with while it answers some calls', async () => {
    const { watch, call } = hanging(status);
    for (let time = 0; time < 10_000; time += 2_000) {
      await vi.advanceTimersByTimeAsync(2_000);
      const other = watch.begin();
      other.answered();
      other.end();
    }
    expect([watch.lost, call.signal.aborted]).toEqual([false, false]);
    watch.close();
  });

  it('has until the next call is too long under way, however long there was none', async () => {
    const { watch, call } = hanging(status);
    call.answered();
    call.end();
    await vi.advanceTimersByTimeAsync(60_000);
    const next = watch.begin();
    await vi.advanceTimersByTimeAsync(budgets.unanswered - 1);
    expect([watch.lost, next.signal.aborted]).toEqual([false, false]);
    watch.close();
  });
});
