import type { Store } from '../kv/store.js';
import type { RandomBytes } from './ids.js';
import type { PasswordHasher } from './password-hasher.js';
import type { Time } from './types.js';

/** Where the domain reports what no caller can be told. */
export interface ChatLogger {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What the domain is built from. */
export type ChatContext = {
  readonly store: Store;
  readonly hasher: PasswordHasher;
  readonly now: () => Time;
  /** Milliseconds of a clock that never jumps, for how long something lasts. */
  readonly elapsed: () => number;
  readonly random: RandomBytes;
  readonly logger: ChatLogger;
};
