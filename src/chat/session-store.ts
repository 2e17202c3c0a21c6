import { LRUCache } from 'lru-cache';
import { decodeKey } from '../kv/key-codec.js';
import type { Key } from '../kv/store.js';
import type { ChatContext } from './chat-context.js';
import { ChatError } from './chat-error.js';
import type { Sessions } from './chat.js';
import { requireFinished, requireWhole } from './import-state.js';
import { keys } from './keys.js';
import type { LoginGuard } from './login-guard.js';
import { applied, optimistically } from './optimistic.js';
import { callerProfile, findAccount, findProfile, profileCheck } from './profiles.js';
import { records } from './records.js';
import type { SessionRecord } from './records.js';
import { SessionLooks } from './session-looks.js';
import { isSessionId, newSessionToken, parseSessionToken } from './session-token.js';
import type { Account, Caller, Session, Time } from './types.js';
import { foldUsername, validatePassword, validateUsername } from './username.js';

const day = 24 * 60 * 60 * 1_000;
const lifetime = 90 * day;
const maxSessions = 100;
/** How long a session revoked on another node may still be taken here (G6's stated exception), in ms. */
const trustedFor = 1_000;

/** A look at a session that is under way; `started` by the clock that never jumps, `endings` as they were when it began. */
type Check = { readonly started: number; readonly endings: number; readonly done: Promise<void> };

/** `until`: by the clock that never jumps, as one that goes back would make it last for longer. */
type Trusted = { readonly caller: Caller; readonly expireTime: Time; readonly until: number };

/** Sessions, one for each login. */
export class SessionStore implements Sessions {
  private readonly trusted = new LRUCache<string, Trusted>({ max: 50_000 });
  private readonly checks = new Map<string, Check>();
  /** Grows with each session ended here, so that a read begun before it can't bring the session back. */
  private endings = 0;
  private readonly looks: SessionLooks;

  constructor(
    private readonly context: ChatContext,
    private readonly guard: LoginGuard,
  ) {
    this.looks = new SessionLooks(context.store);
  }

  async login(request: { username: string; password: string; deviceName: string; place?: string }) {
    validateUsername(request.username);
    validatePassword(request.password);
    if (Array.from(request.deviceName).length > 64) throw new ChatError('DEVICE_NAME_TOO_LONG');
    const { store, hasher } = this.context;
    const folded = foldUsername(request.username);
    const found = await findAccount(store, folded);
    // After the account: one that an import has brought is seen together with the import.
    await requireWhole(store);
    const from = { accountId: found?.record.id, folded, place: request.place ?? '' };
    const right = await this.guard.compare(from, async () =>
      hasher.verify(found?.record.passwordHash, request.password),
    );
    if (!found || !right) throw new ChatError('CREDENTIALS_WRONG');
    const account = found.record;
    return optimistically(async () => {
      const profile = await findProfile(store, account.id);
      const current = await findAccount(store, folded);
      // The password was right for what it was then; a change or deletion since then counts.
      if (!profile || current?.record.passwordHash !== account.passwordHash) {
        throw new ChatError('CREDENTIALS_WRONG');
      }
      const session = newSessionToken(account.id, this.context.random);
      const createTime = this.context.now();
      const expireTime = createTime + lifetime;
      const surplus = await this.surplus(account.id);
      const success = await this.guard.success(account.id, from);
      const result = await store.commit({
        reserve: true,
        checks: [profileCheck(account.id, profile), ...success.checks],
        writes: [
          ...success.writes,
          ...surplus.map((key) => ({ type: 'delete' as const, key })),
          {
            type: 'put',
            key: keys.session(account.id, session.sessionId),
            value: records.session.encode({ deviceName: request.deviceName, createTime, expireTime }),
          },
        ],
      });
      if (!result.ok) return undefined;
      if (surplus.length > 0) this.forget();
      const view: Account = { id: account.id, username: account.username, createTime: account.createTime };
      return { token: session.token, account: view, expireTime };
    });
  }

  async authenticate(token: string): Promise<Caller> {
    const started = this.context.elapsed();
    const known = this.trusted.get(token);
    if (known && started < known.until) {
      if (this.context.now() >= known.expireTime) throw new ChatError('SESSION_EXPIRED');
      // Ahead of time, so that who calls often does not wait for it.
      if (started >= known.until - trustedFor / 2)
        void this.renew(token, known.caller, started).catch(() => undefined);
      return known.caller;
    }
    const parsed = parseSessionToken(token);
    if (!parsed) throw new ChatError('TOKEN_MALFORMED');
    const renewed = this.renew(token, parsed, started);
    this.looks.now();
    await renewed;
    return parsed;
  }

  /**
   * Trusts the session for a while if it is there. Calls of one session share a look at it: one that is recent enough to
   * be taken on trust, and that no end of a session here has overtaken.
   */
  private async renew(token: string, caller: Caller, now: number): Promise<void> {
    const running = this.checks.get(token);
    if (running?.endings === this.endings && now - running.started < trustedFor) return running.done;
    const check = { started: now, endings: this.endings, done: this.trust(token, caller, now) };
    this.checks.set(token, check);
    try {
      await check.done;
    } finally {
      if (this.checks.get(token) === check) this.checks.delete(token);
    }
  }

  private async trust(token: string, caller: Caller, now: number): Promise<void> {
    const { endings } = this;
    try {
      const { accountId, sessionId } = caller;
      const session = await this.looks.later(keys.session(accountId, sessionId));
      const expireTime = this.requireLive(session);
      if (endings === this.endings) this.trusted.set(token, { caller, expireTime, until: now + trustedFor });
    } catch (error) {
      if (error instanceof ChatError) this.trusted.delete(token);
      throw error;
    }
  }

  /** Reads the caller's session and returns when it expires. Throws SESSION_ENDED, SESSION_EXPIRED or IMPORT_UNFINISHED. */
  async check({ accountId, sessionId }: Caller): Promise<Time> {
    const requests = [{ key: keys.session(accountId, sessionId) }, { key: keys.importMarker() }];
    const [sessions, markers] = (await this.context.store.read(requests)).results;
    requireFinished(markers?.[0]);
    const entry = sessions?.[0];
    return this.requireLive(entry && records.session.decode(entry.value));
  }

  private requireLive(session: SessionRecord | undefined): Time {
    if (!session) throw new ChatError('SESSION_ENDED');
    const { expireTime } = session;
    if (this.context.now() >= expireTime) throw new ChatError('SESSION_EXPIRED');
    return expireTime;
  }

  async logout(caller: Caller): Promise<void> {
    await this.end(caller.accountId, caller.sessionId);
  }

  async revoke(caller: Caller, sessionId: string): Promise<void> {
    if (sessionId === '') throw new ChatError('SESSION_ID_MISSING');
    if (!isSessionId(sessionId)) throw new ChatError('SESSION_ID_INVALID');
    await this.end(caller.accountId, sessionId);
  }

  async list(caller: Caller): Promise<readonly Session[]> {
    await callerProfile(this.context.store, caller.accountId);
    const now = this.context.now();
    const sessions = await this.all(caller.accountId);
    return sessions
      .filter((session) => session.expireTime > now)
      .map(({ id, deviceName, createTime, expireTime }) => ({
        id,
        deviceName,
        createTime,
        expireTime,
        current: id === caller.sessionId,
      }))
      .sort((a, b) => b.createTime - a.createTime || (a.id < b.id ? -1 : 1));
  }

  /** Ends every session of an account but one ('' keeps none). Idempotent. */
  async endAll(accountId: string, keep: string): Promise<void> {
    for (;;) {
      const ending = (await this.all(accountId)).filter(({ id }) => id !== keep).slice(0, 500);
      if (ending.length === 0) break;
      await this.context.store.commit({
        reserve: true,
        checks: [],
        writes: ending.map(({ key }) => ({ type: 'delete', key })),
      });
    }
    this.forget();
  }

  /** Takes no session on trust until it has been read again. */
  forget(): void {
    this.endings += 1;
    this.trusted.clear();
  }

  private async end(accountId: string, sessionId: string): Promise<void> {
    await optimistically(async () => {
      const key = keys.session(accountId, sessionId);
      return applied(
        await this.context.store.commit({ reserve: true, checks: [], writes: [{ type: 'delete', key }] }),
      );
    });
    this.forget();
  }

  private async all(accountId: string) {
    const [entries] = (await this.context.store.read([keys.sessions(accountId)])).results;
    return (entries ?? []).map((entry) => ({
      id: sessionIdOf(entry.key),
      key: entry.key,
      ...records.session.decode(entry.value),
    }));
  }

  /** Expired sessions, and the oldest ones where a new one would be too many. */
  private async surplus(accountId: string): Promise<Key[]> {
    const now = this.context.now();
    const sessions = (await this.all(accountId)).sort((a, b) => a.createTime - b.createTime);
    const live = sessions.filter((session) => session.expireTime > now);
    const expired = sessions.filter((session) => session.expireTime <= now);
    const oldest = live.slice(0, Math.max(0, live.length - maxSessions + 1));
    return [...expired, ...oldest].slice(0, 500).map(({ key }) => key);
  }
}

function sessionIdOf(key: Key): string {
  const last = decodeKey(key).at(-1);
  return typeof last === 'string' ? last : '';
}
