/** What a member has to be started with so that every request of this program fits. */
export const memberLimits = {
  /** --max-txn-ops: operations of a transaction and of those nested in it, together. */
  txnOperations: 10_000,
  /** --max-request-bytes. */
  requestBytes: 4 * 1_024 * 1_024,
} as const;
