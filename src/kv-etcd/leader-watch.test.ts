import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { EtcdClient } from '../etcd/etcd-client.js';
import { EtcdError } from '../etcd/etcd-error.js';
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

it('bears with a member that is slow to answer, and gives calls up when it stays silent', async () => {
  const { watch, call } = hanging(noAnswer);
  await vi.advanceTimersByTimeAsync(3_500);
  expect([watch.lost, call.signal.aborted]).toEqual([false, false]);
  await vi.advanceTimersByTimeAsync(400);
  expect([watch.lost, call.signal.aborted]).toEqual([true, true]);
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
  let answer: () => Promise<Answer> = noAnswer;
  const { watch, call } = hanging(() => answer());
  await vi.advanceTimersByTimeAsync(3_000);
  answer = () => Promise.resolve({ leader: 5n, raftTerm: 0n });
  await vi.advanceTimersByTimeAsync(200);
  answer = noAnswer;
  await vi.advanceTimersByTimeAsync(3_000);
  expect([watch.lost, call.signal.aborted]).toEqual([false, false]);
  watch.close();
});
