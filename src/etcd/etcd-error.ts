export type EtcdErrorCode =
  /** The member can't be reached; the request never left. */
  | 'NOT_SENT'
  /** The member knows of no leader, and was asked to refuse then. */
  | 'NO_LEADER'
  /** The member is a learner: it answers only reads of its own. */
  | 'LEARNER'
  /** The member has more to do than it can, or is still starting. */
  | 'BUSY'
  /** A quota is used up. The request that reaches it is applied and gets this error all the same. */
  | 'NO_SPACE'
  /** The revision asked for was compacted. */
  | 'COMPACTED'
  /** The request is malformed, too large, or of a method that the member does not have. */
  | 'INVALID'
  /** No such member. */
  | 'MEMBER_NOT_FOUND'
  /** A member has this id or peer URL already. */
  | 'MEMBER_EXISTS'
  /** Only a learner can be promoted. */
  | 'MEMBER_NOT_LEARNER'
  /** The learner has not caught up yet. */
  | 'LEARNER_NOT_READY'
  | 'TOO_MANY_LEARNERS'
  /** A change of members was refused: too few of them are up. */
  | 'UNHEALTHY'
  /** Only the leader does this. */
  | 'NOT_LEADER'
  /** This member can't become the leader. */
  | 'BAD_TRANSFEREE'
  /** A member has found that its data differs from the others': etcd does nothing more. */
  | 'CORRUPT'
  /** Cut off, timed out, or an error that proves nothing: it may or may not have been done. */
  | 'OUTCOME_UNKNOWN';

/** The only kind of error that EtcdClient throws. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError';

  constructor(
    readonly code: EtcdErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }

  /** Whether it is proven that the request has changed nothing and never will. */
  get nothingDone(): boolean {
    return this.code !== 'OUTCOME_UNKNOWN' && this.code !== 'NO_SPACE';
  }
}
