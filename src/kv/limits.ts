/** Limits that every adapter enforces alike, so that a program that runs on one runs on all. */
export const limits = {
  /** Bytes of a key. LMDB allows 1,978 at its default page size. */
  keyBytes: 1_024,
  /** Bytes of a value: a message of 16 KiB and its envelope fit; a commit stays under etcd's 1.5 MiB. */
  valueBytes: 65_536,
  /** Checks and writes of one commit, together. */
  commitOperations: 512,
  /** Bytes of all keys and values of one commit. */
  commitBytes: 1_048_576,
  /** Entries that one request of a read returns at most. */
  readEntries: 1_000,
  /** Requests of one read. */
  readRequests: 512,
} as const;
