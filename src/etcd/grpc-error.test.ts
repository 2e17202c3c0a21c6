import { Metadata, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { toEtcdError } from './grpc-error.js';

function report(code: status, details: string, method = 'Txn') {
  const cause: ServiceError = Object.assign(new Error(details), { code, details, metadata: new Metadata() });
  return toEtcdError(cause, method);
}

describe("etcd's errors", () => {
  it.each([
    'etcdserver: request timed out',
    'etcdserver: request timed out, possibly due to previous leader failure',
    'etcdserver: request timed out, possibly due to connection lost',
    'etcdserver: leader changed',
    'etcdserver: server stopped',
    'Connection dropped',
    'read ECONNRESET',
    'a text that nobody has seen yet',
  ])('prove nothing: %s', (details) => {
    expect(report(status.UNAVAILABLE, details)).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      nothingDone: false,
    });
  });

  it('prove nothing after a deadline, or when the call was given up', () => {
    for (const code of [status.DEADLINE_EXCEEDED, status.CANCELLED, status.INTERNAL, status.UNKNOWN]) {
      expect(report(code, 'whatever').code).toBe('OUTCOME_UNKNOWN');
    }
  });

  it('prove that nothing was done when etcd refuses before it proposes', () => {
    expect(report(status.UNAVAILABLE, 'etcdserver: no leader')).toMatchObject({
      code: 'NO_LEADER',
      nothingDone: true,
    });
    expect(report(status.INVALID_ARGUMENT, 'etcdserver: request is too large').nothingDone).toBe(true);
    expect(report(status.RESOURCE_EXHAUSTED, 'etcdserver: too many requests').nothingDone).toBe(true);
  });

  it('do not prove it when a quota is reached, or a promotion finds no leader', () => {
    expect(report(status.RESOURCE_EXHAUSTED, 'etcdserver: mvcc: database space exceeded')).toMatchObject({
      code: 'NO_SPACE',
      nothingDone: false,
    });
    expect(report(status.UNAVAILABLE, 'etcdserver: no leader', 'MemberPromote').nothingDone).toBe(false);
  });
});
