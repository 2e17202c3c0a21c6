import type { MessageInitShape } from '@bufbuild/protobuf';
import { Compare_CompareResult, Compare_CompareTarget } from '../etcd/api/etcdserverpb/rpc_pb.js';
import type {
  CompareSchema,
  RequestOpSchema,
  TxnRequestSchema,
  TxnResponse,
} from '../etcd/api/etcdserverpb/rpc_pb.js';
import type { Check, Commit, CommitResult } from '../kv/store.js';
import { finalWrites } from './final-writes.js';
import type { Keyspace } from './keyspace.js';

type TxnInit = MessageInitShape<typeof TxnRequestSchema>;
type OpInit = MessageInitShape<typeof RequestOpSchema>;
type CompareInit = MessageInitShape<typeof CompareSchema>;

/** One transaction of etcd for several commits, each nested, with its own checks and outcome. */
export function encodeBatch(commits: readonly Commit[], keyspace: Keyspace): TxnInit {
  return {
    success: commits.map((commit) => ({
      request: { case: 'requestTxn', value: encodeCommit(commit, keyspace) },
    })),
    failure: commits.some(hasPuts) ? [neverDone(keyspace)] : [],
  };
}

/** One result for each of so many commits, in their order. */
export function decodeBatch({ header, responses }: TxnResponse, count: number): CommitResult[] {
  if (!header || responses.length !== count) throw new Error('etcd answered to another number of commits');
  const revision = Number(header.revision);
  return responses.map(({ response }) =>
    response.case === 'responseTxn' && response.value.succeeded ? { ok: true, revision } : { ok: false },
  );
}

export function hasPuts({ writes }: Commit): boolean {
  return writes.some(({ type }) => type === 'put');
}

/**
 * A batch has no condition of its own, so what stands under `failure` is never done. But etcd counts only the
 * puts at the top of a transaction against its quota, in either branch: without this one, nested puts would pass
 * a full quota, and the alarm (tried with 3.5.30).
 */
function neverDone({ all }: Keyspace): OpInit {
  return { request: { case: 'requestPut', value: { key: all.key } } };
}

function encodeCommit({ checks, writes }: Commit, keyspace: Keyspace): TxnInit {
  const { puts, deletes, deleteRanges } = finalWrites(writes);
  const success: OpInit[] = [];
  for (const { key, value } of puts) {
    success.push({ request: { case: 'requestPut', value: { key: keyspace.toEtcd(key), value } } });
  }
  for (const key of deletes) {
    success.push({ request: { case: 'requestDeleteRange', value: { key: keyspace.toEtcd(key) } } });
  }
  for (const range of deleteRanges) {
    success.push({ request: { case: 'requestDeleteRange', value: keyspace.rangeToEtcd(range) } });
  }
  return { compare: checks.map((check) => encodeCheck(check, keyspace)), success };
}

function encodeCheck({ key, revision }: Check, keyspace: Keyspace): CompareInit {
  // etcd compares an absent key as one of revision 0; -1 never holds.
  const held = revision !== null && Number.isSafeInteger(revision) && revision > 0;
  const modRevision = revision === null ? 0n : held ? BigInt(revision) : -1n;
  return {
    result: Compare_CompareResult.EQUAL,
    target: Compare_CompareTarget.MOD,
    key: keyspace.toEtcd(key),
    targetUnion: { case: 'modRevision', value: modRevision },
  };
}
