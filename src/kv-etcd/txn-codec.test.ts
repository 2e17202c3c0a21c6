import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import {
  Compare_CompareResult,
  Compare_CompareTarget,
  TxnRequestSchema,
  TxnResponseSchema,
} from '../etcd/api/etcdserverpb/rpc_pb.js';
import type { Compare, RequestOp, TxnRequest } from '../etcd/api/etcdserverpb/rpc_pb.js';
import { bytes, put, range, remove, text } from '../kv/contract/fixture.js';
import type { Commit } from '../kv/store.js';
import { Keyspace } from './keyspace.js';
import { decodeBatch, encodeBatch } from './txn-codec.js';

const keyspace = new Keyspace('d/');

/** As etcd reads it. */
function sent(...commits: Commit[]): TxnRequest {
  return fromBinary(TxnRequestSchema, encodeBatch(commits, keyspace));
}

function opOf({ request }: RequestOp): string {
  if (request.case === 'requestPut') return `put ${text(request.value.key)}: ${text(request.value.value)}`;
  if (request.case !== 'requestDeleteRange') return String(request.case);
  return `delete ${text(request.value.key)}-${text(request.value.rangeEnd)}`;
}

function checkOf({ result, target, key, targetUnion }: Compare): string {
  expect([result, target, targetUnion.case]).toEqual([
    Compare_CompareResult.EQUAL,
    Compare_CompareTarget.MOD,
    'modRevision',
  ]);
  return `${text(key)} at ${String(targetUnion.value)}`;
}

/** Checks and writes of each nested transaction. */
function nested({ success }: TxnRequest) {
  return success.map(({ request }) => {
    if (request.case !== 'requestTxn') throw new Error(`${request.case} in a batch`);
    const { compare, success, failure } = request.value;
    expect(failure).toEqual([]);
    return [compare.map(checkOf).sort(), success.map(opOf).sort()];
  });
}

describe('batches as transactions of etcd', () => {
  it('have every commit in its place, with its checks and writes', () => {
    const long = 'long '.repeat(10_000);
    const request = sent(
      {
        checks: [
          { key: bytes('c'), revision: 2 ** 40 },
          { key: bytes('absent'), revision: null },
          { key: bytes('none'), revision: 0.5 },
        ],
        writes: [put('a', long), put('b', 'short'), remove('g'), { type: 'deleteRange', ...range('r', 's') }],
      },
      { checks: [], writes: [put('z', '')] },
    );
    expect(nested(request)).toEqual([
      [
        ['d/absent at 0', `d/c at ${2 ** 40}`, 'd/none at -1'],
        ['delete d/g-', 'delete d/r-d/s', `put d/a: ${long}`, 'put d/b: short'],
      ],
      [[], ['put d/z: ']],
    ]);
  });

  it('have a put that is never done if any of their commits puts', () => {
    const { compare, failure } = sent(
      { checks: [], writes: [remove('b')] },
      { checks: [], writes: [put('z', '')] },
    );
    expect(compare).toEqual([]);
    expect(failure.map(opOf)).toEqual(['put d/: ']);
    expect(sent({ checks: [], writes: [remove('b')] }).failure).toEqual([]);
  });

  it('are answered with the outcome of every commit in its place', () => {
    const responses = [true, false, true].map((succeeded) => ({
      response: {
        case: 'responseTxn' as const,
        value: {
          succeeded,
          responses: [{ response: { case: 'responsePut' as const, value: { header: { revision: 12n } } } }],
        },
      },
    }));
    const header = { memberId: 2n ** 63n, revision: 2n ** 40n, raftTerm: 3n };
    const answer = create(TxnResponseSchema, { header, succeeded: true, responses });
    const encoded = toBinary(TxnResponseSchema, answer);
    const revision = 2 ** 40;
    expect(decodeBatch(encoded, 3)).toEqual({
      header: { revision, raftTerm: 3n },
      results: [{ ok: true, revision }, { ok: false }, { ok: true, revision }],
    });
    expect(() => decodeBatch(encoded, 2)).toThrow('another number');
    expect(() => decodeBatch(Buffer.alloc(0), 0)).toThrow('another number');
  });
});
