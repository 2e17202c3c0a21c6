export type EngineErrorCode =
  /** There is no etcd program, or it doesn't run. */
  | 'NO_PROGRAM'
  /** The etcd program is too old. */
  | 'PROGRAM_TOO_OLD'
  /** The peers are malformed, or this node is not one of them. */
  | 'BAD_PEERS'
  /** The peers that are configured are not the cluster's members. */
  | 'PEERS_DIFFER'
  /** The cluster began with TLS between its nodes and is configured without, or the other way round. */
  | 'TLS_DIFFERS'
  /** The cluster has this node as a member, and its data is not in the folder. */
  | 'DATA_LOST'
  /** The folder is of a cluster that these nodes had before the one that runs. */
  | 'EARLIER_CLUSTER'
  /** The cluster has removed this node. */
  | 'REMOVED'
  /** This node's Raft address can't be listened on. */
  | 'PORT_TAKEN'
  /** The member ended before it had started, or did not start in time. */
  | 'START_FAILED'
  /** The engine was closed meanwhile. */
  | 'CLOSED'
  /** No such member. */
  | 'NO_SUCH_MEMBER'
  /** A member has this node id or address already. */
  | 'MEMBER_EXISTS'
  /** A change of the members that would endanger the quorum, or needs members that don't answer. */
  | 'UNSAFE'
  /** No answer in time from a majority; a change may have been made. */
  | 'UNAVAILABLE';

/** Why the engine can't do something, in one line that says what to do. */
export class EngineError extends Error {
  override readonly name = 'EngineError';

  constructor(
    readonly code: EngineErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}
