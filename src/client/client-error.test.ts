import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { refusal } from '../../test/testkit/scripted-servers.js';
import { ClientError } from './client-error.js';

function ofSystem(code: string, syscall: string, status = Code.Unavailable): ConnectError {
  const cause = Object.assign(new Error(code), { code, syscall });
  return new ConnectError(code, status, undefined, undefined, cause);
}

describe('what an error says of the call', () => {
  it('nothing was done, when it never left', () => {
    const causes = [
      ofSystem('ECONNREFUSED', 'connect'),
      ofSystem('ETIMEDOUT', 'connect'),
      ofSystem('EHOSTUNREACH', 'connect', Code.Internal),
      ofSystem('ENOTFOUND', 'getaddrinfo'),
      // localhost by both of its addresses.
      new ConnectError(
        'both',
        Code.Unavailable,
        undefined,
        undefined,
        new AggregateError([
          Object.assign(new Error(), { code: 'ECONNREFUSED', syscall: 'connect' }),
          Object.assign(new Error(), { code: 'ECONNREFUSED', syscall: 'connect' }),
        ]),
      ),
    ];
    for (const cause of causes) {
      const error = ClientError.from(cause);
      expect(error).toMatchObject({ reason: 'UNREACHABLE', nothingDone: true, serverFailed: true });
    }
  });

  it('it may have been done, when the connection was there, or another program answered', () => {
    const causes = [
      ofSystem('ETIMEDOUT', 'read'),
      ofSystem('EHOSTUNREACH', 'read'),
      ofSystem('ECONNRESET', 'read', Code.Aborted),
      new ConnectError('HTTP 502', Code.Unavailable),
      new ConnectError('HTTP 401', Code.Unauthenticated),
      new ConnectError('reset', Code.Canceled),
      new TypeError('Failed to fetch'),
    ];
    for (const cause of causes) {
      const error = ClientError.from(cause);
      expect(error).toMatchObject({ reason: 'CONNECTION_LOST', nothingDone: false, worthRepeating: true });
      expect([error.sessionOver, error.final]).toEqual([false, false]);
    }
  });

  it('trying again is safe, helps, or does not', () => {
    const cases: [Code, string, number | undefined, string][] = [
      [Code.Unavailable, 'STORE_UNAVAILABLE', undefined, 'nothingDone serverFailed worthRepeating'],
      [Code.Unavailable, 'SHUTTING_DOWN', undefined, 'nothingDone serverFailed worthRepeating'],
      [Code.Unavailable, 'OUTCOME_UNKNOWN', undefined, 'serverFailed worthRepeating'],
      [Code.Unavailable, 'CONTENDED', undefined, 'nothingDone worthRepeating'],
      [Code.Unavailable, 'IMPORT_UNFINISHED', 5, 'nothingDone worthRepeating'],
      // Of a newer server.
      [Code.Unavailable, 'NOT_KNOWN_YET', undefined, ''],
      [Code.ResourceExhausted, 'SEND_QUEUE_FULL', 1, 'nothingDone worthRepeating'],
      [Code.ResourceExhausted, 'STORE_FULL', undefined, ''],
      [Code.ResourceExhausted, 'REQUEST_TOO_LARGE', undefined, 'final'],
      [Code.Internal, 'INTERNAL', undefined, ''],
      [Code.FailedPrecondition, 'CONVERSATION_CLOSED', undefined, 'final'],
      [Code.Unauthenticated, 'SESSION_EXPIRED', undefined, 'sessionOver'],
      [Code.Unauthenticated, 'CREDENTIALS_WRONG', undefined, 'final'],
    ];
    const names = ['nothingDone', 'serverFailed', 'worthRepeating', 'sessionOver', 'final'] as const;
    for (const [code, reason, delay, expected] of cases) {
      const error = ClientError.from(refusal(code, reason, delay));
      expect([reason, names.filter((name) => error[name]).join(' ')]).toEqual([reason, expected]);
      expect(error.retryDelay).toBe(delay && delay * 1_000);
    }
  });

  it('no message is refused by what is no Holdfast server', () => {
    const codes = [Code.Unimplemented, Code.ResourceExhausted, Code.InvalidArgument, Code.NotFound];
    for (const code of codes) expect(ClientError.from(new ConnectError('HTTP', code)).final).toBe(false);
    const unknown = ClientError.from(new ConnectError('HTTP 404', Code.Unimplemented));
    expect(unknown).toMatchObject({ reason: 'UNIMPLEMENTED', worthRepeating: false });
  });
});
