import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { ChatError } from '../chat/chat-error.js';
import type { PasswordHasher } from '../chat/password-hasher.js';

// OWASP Password Storage Cheat Sheet: Argon2id, 19 MiB, two passes, one lane. Argon2id is the default.
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const waitingLimit = 128;

/**
 * Argon2id on the thread pool, a few at a time: a flood of logins waits, and past a bound is refused,
 * while a core stays free for everything else.
 */
export class Argon2Hasher implements PasswordHasher {
  private free = Math.max(1, availableParallelism() - 1);
  private readonly waiting: (() => void)[] = [];

  /** `decoy`: what a password is compared with when there is no account, so that it takes as long. */
  private constructor(private readonly decoy: string) {}

  static async create(): Promise<Argon2Hasher> {
    return new Argon2Hasher(await hash('a password that nobody has', parameters));
  }

  async hash(password: string): Promise<string> {
    return this.inTurn(() => hash(composed(password), parameters));
  }

  async verify(stored: string | undefined, password: string): Promise<boolean> {
    const right = await this.inTurn(() => verify(stored ?? this.decoy, composed(password)));
    return right && stored !== undefined;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else if (this.waiting.length >= waitingLimit) {
      throw new ChatError('PASSWORD_QUEUE_FULL', { retryDelay: 2_000 });
    } else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free += 1;
    }
  }
}

/** Keyboards differ in whether they type é as one character or as two; it is the same password (RFC 8265, 4.2). */
function composed(password: string): string {
  return password.normalize('NFC');
}
