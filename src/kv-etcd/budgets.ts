/** How long things may take, in milliseconds, and how much goes into a batch. docs/decisions/replicated-store.md. */
export const budgets = {
  /** A commit, from the call to its end. */
  commit: 3_000,
  /** What has to be left of it for a commit to be sent: with less it is refused. */
  commitLeft: 500,
  /** A read with all its attempts. */
  read: 3_000,
  /** Between two attempts. */
  readPause: 50,
  /** Opening, until the feed has begun. */
  open: 5_000,
  /** Without a leader for this long, calls are refused, and running ones end. */
  leaderless: 2_000,
  /** So too when none was answered for this long: less than one may take, so that what follows it is refused at once. */
  unanswered: 2_800,
  /** A call that runs for longer makes the member's state be looked at, in this interval. */
  slow: 200,
  poll: 100,
  /** For the answer about the member's state. */
  status: 1_500,
  /** For the answer to a commit sent before the leader changed, from the moment that there is a new one. */
  grace: 150,
  /** Until a feed that broke is taken up again. */
  feedPause: 100,
  /** Between two looks whether a full cluster has space again. */
  spaceCheck: 500,
} as const;

export const batchLimits = {
  commits: 1_000,
  /** Of keys and values. */
  bytes: 1_000_000,
  inFlight: 2,
  /** Commits that have to wait for a batch to be sent while another is in flight. */
  worthwhile: 256,
} as const;
