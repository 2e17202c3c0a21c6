import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Check, Write } from '../kv/store.js';
import type { ChatContext } from './chat-context.js';
import { ChatError } from './chat-error.js';
import { Gate } from './gate.js';
import { keys } from './keys.js';
import {
  afterFailure,
  afterSuccess,
  decodeLogins,
  encodeLogins,
  isKnown,
  loginDelay,
  noLogins,
} from './logins.js';
import type { Logins } from './logins.js';
import { applied, optimistically, readRecord } from './optimistic.js';
import { findProfile, profileCheck } from './profiles.js';
import { records } from './records.js';

/** Passwords for one account that wait to be compared on this node: of all strangers, or of one known place. */
const maxWaiting = 20;
/** Names without an account that wrong passwords are remembered of, on this node. */
const maxNames = 10_000;

/** Whose password is tried, and where from. */
export type LoginPlace = {
  /** Undefined: there is no account with this name. */
  readonly accountId: string | undefined;
  readonly folded: string;
  /** What is told apart: a network, or a session. */
  readonly place: string;
  /** It has shown before that it is the owner's. */
  readonly own?: boolean;
};

/**
 * Slows down who guesses passwords. What went wrong is kept in the account's partition, so that it counts on every
 * node; docs/decisions/limits.md says why strangers can't lock out an owner. Passwords for one account are compared one
 * after the other, so that many at once count as many.
 */
export class LoginGuard {
  private readonly gates = new Map<string, Gate>();
  private readonly strange = new LRUCache<string, Logins>({ max: maxNames });

  constructor(private readonly context: Pick<ChatContext, 'store' | 'now'>) {}

  /**
   * Runs `compare`, which tells whether a password is right, and notes it when it is not. Throws LOGIN_DELAYED
   * without comparing while the place has to wait.
   */
  async compare(from: LoginPlace, compare: () => Promise<boolean>): Promise<boolean> {
    const known = await this.requireNow(from);
    // Strangers all in one row: what many places ask at once must not slip through before one of them is counted.
    const name = known ? `${from.folded} ${nameOf(from)}` : from.folded;
    const gate = this.gates.get(name) ?? new Gate(1);
    this.gates.set(name, gate);
    if (gate.waiting >= maxWaiting) throw new ChatError('LOGIN_DELAYED', { retryDelay: 1_000 });
    try {
      return await gate.run(async () => {
        await this.requireNow(from);
        const right = await compare();
        if (!right) await this.note(from);
        return right;
      });
    } finally {
      if (gate.idle) this.gates.delete(name);
    }
  }

  /** What is to be committed with the session that a right password begins. */
  async success(accountId: string, from: LoginPlace): Promise<{ checks: Check[]; writes: Write[] }> {
    const { logins, revision } = await this.stored(accountId);
    const after = afterSuccess(logins, nameOf(from), this.context.now());
    return after ? change(accountId, revision, after) : { checks: [], writes: [] };
  }

  /** Throws LOGIN_DELAYED while the place has to wait; returns whether the owner is known to be there. */
  private async requireNow(from: LoginPlace): Promise<boolean> {
    const { accountId, folded, own = false } = from;
    const logins = accountId === undefined ? this.strange.get(folded) : (await this.stored(accountId)).logins;
    const retryDelay = Math.ceil(loginDelay(logins ?? noLogins, nameOf(from), this.context.now()));
    if (retryDelay > 0) throw new ChatError('LOGIN_DELAYED', { retryDelay });
    return own || isKnown(logins ?? noLogins, nameOf(from));
  }

  private async note(from: LoginPlace): Promise<void> {
    const { accountId, folded, own = false } = from;
    const { store, now } = this.context;
    if (accountId === undefined) {
      // Nothing that a stranger makes up is stored.
      this.strange.set(folded, afterFailure(this.strange.get(folded) ?? noLogins, nameOf(from), now(), own));
      return;
    }
    await optimistically(async () => {
      const profile = await findProfile(store, accountId);
      if (!profile) return true;
      const { logins, revision } = await this.stored(accountId);
      const after = afterFailure(logins, nameOf(from), now(), own);
      const { checks, writes } = change(accountId, revision, after);
      checks.push(profileCheck(accountId, profile));
      return applied(await store.commit({ reserve: true, checks, writes }));
    });
  }

  private async stored(accountId: string): Promise<{ logins: Logins; revision: number | null }> {
    const stored = await readRecord(this.context.store, keys.logins(accountId), records.logins);
    if (!stored) return { logins: noLogins, revision: null };
    return { logins: decodeLogins(stored.record), revision: stored.revision };
  }
}

function change(accountId: string, revision: number | null, logins: Logins) {
  const key = keys.logins(accountId);
  const checks: Check[] = [{ key, revision }];
  const writes: Write[] = [{ type: 'put', key, value: records.logins.encode(encodeLogins(logins)) }];
  return { checks, writes };
}

/** Of a place as it is stored: not where it is, and of another account another one. */
function nameOf({ accountId = '', place }: LoginPlace): string {
  return createHash('sha256').update(`${accountId}\0${place}`).digest('base64url').slice(0, 16);
}
