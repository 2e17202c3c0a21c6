/** Hashes passwords off the event loop. Both throw `PASSWORD_QUEUE_FULL` when too many calls wait. */
export interface PasswordHasher {
  /** A salted, self-describing hash. */
  hash(password: string): Promise<string>;
  /** Whether `hash` was made from `password`. With an undefined hash: false, after the same work. */
  verify(hash: string | undefined, password: string): Promise<boolean>;
}
