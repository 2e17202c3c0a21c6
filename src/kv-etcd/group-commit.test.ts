import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { TxnRequestSchema, TxnResponseSchema } from '../etcd/api/etcdserverpb/rpc_pb.js';
import { EtcdClient } from '../etcd/etcd-client.js';
import { EtcdError } from '../etcd/etcd-error.js';
import { bytes, put, range } from '../kv/contract/fixture.js';
import type { Commit, Write } from '../kv/store.js';
import { batchLimits, budgets } from './budgets.js';
import { GroupCommit } from './group-commit.js';
import type { BatchReport } from './group-commit.js';
import { Keyspace } from './keyspace.js';
import { Space } from './space.js';

type Sent = {
  /** Of each nested transaction, the keys that it puts or deletes. */
  readonly keys: readonly (readonly string[])[];
  readonly answer: () => void;
  readonly fail: (error: EtcdError) => void;
};

/** A member whose answers the test gives. */
class FakeClient extends EtcdClient {
  readonly sent: Sent[] = [];

  constructor() {
    super('unix:/nowhere');
  }

  override async txnBytes(request: Buffer): Promise<Buffer> {
    const nested = fromBinary(TxnRequestSchema, request).success.map(({ request: op }) =>
      op.case === 'requestTxn' ? op.value.success : [],
    );
    const keys = nested.map((ops) =>
      ops.map(({ request: op }) => Buffer.from((op.value as { key: Uint8Array }).key).toString()),
    );
    return new Promise((resolve, reject) => {
      const responses = nested.map(() => ({
        response: { case: 'responseTxn' as const, value: { succeeded: true } },
      }));
      const header = { revision: BigInt(100 + this.sent.length) };
      this.sent.push({
        keys,
        answer: () => {
          const answer = create(TxnResponseSchema, { header, succeeded: true, responses });
          resolve(Buffer.from(toBinary(TxnResponseSchema, answer)));
        },
        fail: reject,
      });
    });
  }
}

function commit(...writes: Write[]): Commit {
  return { checks: [], writes };
}

function commits(count: number, name: string): Commit[] {
  return Array.from({ length: count }, (_, i) => commit(put(`${name}${i}`, '')));
}

/** Until what was submitted or answered in this turn has made the next batch be sent. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

describe('group commit', () => {
  let client: FakeClient;
  let group: GroupCommit;
  let reports: BatchReport[];
  /** Of each call in order: to be told that there is another leader. */
  let superseded: ((() => void) | undefined)[];

  beforeEach(() => {
    client = new FakeClient();
    reports = [];
    superseded = [];
    const leader = {
      observe: () => undefined,
      begin: (onSuperseded?: () => void) => {
        superseded.push(onSuperseded);
        const controller = new AbortController();
        return {
          signal: controller.signal,
          abort: () => controller.abort(),
          answered: () => undefined,
          end: () => undefined,
        };
      },
    };
    group = new GroupCommit({
      client,
      keyspace: new Keyspace('d/'),
      leader,
      space: new Space(client, () => false),
      observe: (report) => reports.push(report),
    });
    return () => client.close();
  });

  it('sends what is asked in one turn together, and what comes meanwhile when that is answered', async () => {
    const first = [commit(put('a', '')), commit(put('b', ''))].map((one) => group.submit(one));
    await turn();
    const later = [commit(put('c', '')), commit(put('d', ''))].map((one) => group.submit(one));
    await turn();
    expect(client.sent.map(({ keys }) => keys)).toEqual([[['d/a'], ['d/b']]]);
    client.sent[0]?.answer();
    expect(await Promise.all(first)).toEqual([
      { ok: true, revision: 100 },
      { ok: true, revision: 100 },
    ]);
    await turn();
    expect(client.sent[1]?.keys).toEqual([['d/c'], ['d/d']]);
    client.sent[1]?.answer();
    await Promise.all(later);
    await group.drain();
    expect(reports.map(({ commits: count, ok }) => [count, ok])).toEqual([
      [2, true],
      [2, true],
    ]);
  });

  it('sends together what is asked in one turn of the event loop, one after the other, also after an answer', async () => {
    /** As calls that have arrived together: each is decoded and looked up before the next. */
    const meanwhile = async () => {
      for (let i = 0; i < 20; i += 1) await Promise.resolve();
    };
    const first = [group.submit(commit(put('a', '')))];
    await meanwhile();
    first.push(group.submit(commit(put('b', ''))));
    await turn();
    expect(client.sent.map(({ keys }) => keys)).toEqual([[['d/a'], ['d/b']]]);
    const later = [group.submit(commit(put('c', '')))];
    client.sent[0]?.answer();
    await meanwhile();
    later.push(group.submit(commit(put('d', ''))));
    await turn();
    expect(client.sent[1]?.keys).toEqual([['d/c'], ['d/d']]);
    client.sent[1]?.answer();
    await Promise.all([...first, ...later]);
  });

  it('sends a second batch beside the first only when many commits wait, and no third one', async () => {
    const all = [group.submit(commit(put('first', '')))];
    await turn();
    for (const one of commits(batchLimits.worthwhile - 1, 'a')) all.push(group.submit(one));
    await turn();
    expect(client.sent).toHaveLength(1);
    all.push(group.submit(commit(put('last', ''))));
    await turn();
    expect(client.sent.map(({ keys }) => keys.length)).toEqual([1, batchLimits.worthwhile]);
    for (const one of commits(batchLimits.commits, 'b')) all.push(group.submit(one));
    await turn();
    expect(client.sent).toHaveLength(2);
    client.sent[1]?.answer();
    await turn();
    expect(client.sent).toHaveLength(3);
    client.sent[0]?.answer();
    client.sent[2]?.answer();
    await Promise.all(all);
  });

  it('keeps commits that touch the same keys in order, each in a batch of its own, and lets others pass', async () => {
    const order = [
      commit(put('x', '1')),
      commit({ type: 'deleteRange', ...range('w', 'y') }),
      { checks: [{ key: bytes('x'), revision: null }], writes: [put('z', '')] },
      commit(put('other', '')),
      commit(put('z', '')),
    ].map((one) => group.submit(one));
    await turn();
    expect(client.sent[0]?.keys).toEqual([['d/x'], ['d/other']]);
    for (const expected of [['d/w'], ['d/z'], ['d/z']]) {
      client.sent.at(-1)?.answer();
      await turn();
      expect(client.sent.at(-1)?.keys).toEqual([expected]);
    }
    client.sent.at(-1)?.answer();
    await Promise.all(order);
    expect(client.sent).toHaveLength(4);
  });

  it('does not send what waited while a key that it checks was written, but what came later', async () => {
    const checked = (revision: number | null, key: string): Commit => ({
      checks: [{ key: bytes(key), revision }],
      writes: [put(key, '')],
    });
    const sent = group.submit(commit(put('a', ''), { type: 'deleteRange', ...range('r', 's') }));
    const waiting = [checked(null, 'a'), checked(99, 'a'), checked(99, 'r1'), checked(null, 'r2')].map(
      (one) => group.submit(one),
    );
    await turn();
    const late = group.submit(checked(null, 'a'));
    await turn();
    client.sent[0]?.answer();
    await sent;
    expect(await Promise.all(waiting.slice(0, 3))).toEqual([{ ok: false }, { ok: false }, { ok: false }]);
    await turn();
    expect(client.sent[1]?.keys).toEqual([['d/r2'], ['d/a']]);
    client.sent[1]?.answer();
    await Promise.all([...waiting, late]);
  });

  it('bounds a batch', async () => {
    const count = batchLimits.commits + 5;
    const small = commits(count, 'k').map((one) => group.submit(one));
    await turn();
    expect(client.sent[0]?.keys).toHaveLength(batchLimits.commits);
    client.sent[0]?.answer();
    await turn();
    client.sent[1]?.answer();
    await Promise.all(small);
    const value = Buffer.alloc(60_000);
    const large = Array.from({ length: 20 }, (_, i) =>
      group.submit(commit({ type: 'put', key: bytes(`l${i}`), value })),
    );
    await turn();
    expect(client.sent[2]?.keys).toHaveLength(Math.floor(batchLimits.bytes / (60_000 + 34)));
    client.sent[2]?.answer();
    await turn();
    client.sent[3]?.answer();
    await Promise.all(large);
  });

  it('tells each commit of a batch what became of it, and sends none again', async () => {
    const outcomes = Promise.allSettled(commits(3, 'k').map((one) => group.submit(one)));
    await turn();
    client.sent[0]?.fail(new EtcdError('OUTCOME_UNKNOWN', 'cut'));
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    const refused = group.submit(commit(put('k', '')));
    await turn();
    client.sent[1]?.fail(new EtcdError('NOT_SENT', 'nobody there'));
    await expect(refused).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await turn();
    expect(client.sent).toHaveLength(2);
    expect(reports.map(({ ok }) => ok)).toEqual([false, false]);
  });

  it('takes the error for a full quota as no proof that nothing was written', async () => {
    const outcome = group.submit(commit(put('k', '')));
    await turn();
    client.sent[0]?.fail(new EtcdError('NO_SPACE', 'full'));
    await expect(outcome).rejects.toMatchObject({ code: 'UNKNOWN_OUTCOME' });
  });

  it('refuses what waits when there is no leader, and not what is in flight', async () => {
    const inFlight = group.submit(commit(put('a', '')));
    await turn();
    const waiting = group.submit(commit(put('b', '')));
    group.refuseWaiting();
    await expect(waiting).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    client.sent[0]?.answer();
    expect(await inFlight).toEqual({ ok: true, revision: 100 });
    await group.drain();
    expect(client.sent).toHaveLength(1);
  });

  it('refuses what has waited for too long, unsent', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const inFlight = group.submit(commit(put('a', '')));
      await turn();
      const waiting = expect(group.submit(commit(put('b', '')))).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      });
      vi.advanceTimersByTime(budgets.commit - budgets.commitLeft + 1);
      const fresh = group.submit(commit(put('c', '')));
      client.sent[0]?.answer();
      await Promise.all([inFlight, waiting]);
      await turn();
      expect(client.sent[1]?.keys).toEqual([['d/c']]);
      client.sent[1]?.answer();
      await fresh;
    } finally {
      vi.useRealTimers();
    }
  });

  it('lets those that wait pass what hangs at an earlier leader, unless they touch the same keys', async () => {
    const hanging = group.submit(commit(put('a', '')));
    await turn();
    const waiting = [commit(put('a', '')), commit(put('b', ''))].map((one) => group.submit(one));
    await turn();
    expect(client.sent).toHaveLength(1);
    superseded[0]?.();
    expect(client.sent[1]?.keys).toEqual([['d/b']]);
    client.sent[1]?.answer();
    client.sent[0]?.answer();
    await hanging;
    await turn();
    expect(client.sent[2]?.keys).toEqual([['d/a']]);
    client.sent[2]?.answer();
    await Promise.all(waiting);
  });
});
