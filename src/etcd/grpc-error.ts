import { status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { EtcdError } from './etcd-error.js';
import type { EtcdErrorCode } from './etcd-error.js';

// etcd tells most errors apart by their text alone (api/v3rpc/rpctypes/error.go). A text is listed here only if
// etcd sends it before it proposes the request, or when applying it has had no effect; NO_SPACE is no such proof,
// and says so itself. Missing on purpose, since the request may be done later: "request timed out" in its forms,
// "leader changed", "server stopped".
const texts = new Map<string, EtcdErrorCode>([
  ['etcdserver: no leader', 'NO_LEADER'],
  ['etcdserver: rpc not supported for learner', 'LEARNER'],
  ['etcdserver: too many requests', 'BUSY'],
  ['etcdserver: not capable', 'BUSY'],
  ['etcdserver: mvcc: database space exceeded', 'NO_SPACE'],
  ['etcdserver: mvcc: required revision has been compacted', 'COMPACTED'],
  ['etcdserver: mvcc: required revision is a future revision', 'INVALID'],
  ['etcdserver: key is not provided', 'INVALID'],
  ['etcdserver: key not found', 'INVALID'],
  ['etcdserver: too many operations in txn request', 'INVALID'],
  ['etcdserver: duplicate key given in txn request', 'INVALID'],
  ['etcdserver: request is too large', 'INVALID'],
  ['etcdserver: given member URLs are invalid', 'INVALID'],
  ['etcdserver: member not found', 'MEMBER_NOT_FOUND'],
  ['etcdserver: member ID already exist', 'MEMBER_EXISTS'],
  ['etcdserver: Peer URLs already exists', 'MEMBER_EXISTS'],
  ['etcdserver: can only promote a learner member', 'MEMBER_NOT_LEARNER'],
  ['etcdserver: can only promote a learner member which is in sync with leader', 'LEARNER_NOT_READY'],
  ['etcdserver: too many learner members in cluster', 'TOO_MANY_LEARNERS'],
  ['etcdserver: unhealthy cluster', 'UNHEALTHY'],
  ['etcdserver: re-configuration failed due to not enough started members', 'UNHEALTHY'],
  ['etcdserver: not leader', 'NOT_LEADER'],
  ['etcdserver: bad leader transferee', 'BAD_TRANSFEREE'],
  ['etcdserver: corrupt cluster', 'CORRUPT'],
]);

/** What grpc-js says when it has no connection to send a request on; an address and a cause follow. */
const notConnected = 'No connection established';

/** The error for what grpc-js reports about a call: mostly a ServiceError. */
export function toEtcdError(cause: Error & Partial<ServiceError>, method: string): EtcdError {
  const details = cause.details ?? cause.message;
  return new EtcdError(codeOf(cause.code, details, method), `etcd ${method}: ${details}`, { cause });
}

function codeOf(code: status | undefined, details: string, method: string): EtcdErrorCode {
  const known = texts.get(details);
  // A promotion is sent on to the leader, and again until a leader takes it: one may have.
  if (known === 'NO_LEADER' && method === 'MemberPromote') return 'OUTCOME_UNKNOWN';
  if (known) return known;
  if (code === status.UNAVAILABLE && details.startsWith(notConnected)) return 'NOT_SENT';
  return code === status.UNIMPLEMENTED ? 'INVALID' : 'OUTCOME_UNKNOWN';
}
