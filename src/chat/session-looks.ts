import { limits } from '../kv/limits.js';
import type { Key, Store } from '../kv/store.js';
import { requireFinished } from './import-state.js';
import { keys } from './keys.js';
import { records } from './records.js';
import type { SessionRecord } from './records.js';

/** Milliseconds that a look which nobody waits for waits for others. */
const gathered = 100;

type Look = {
  readonly key: Key;
  readonly resolve: (session: SessionRecord | undefined) => void;
  readonly reject: (error: unknown) => void;
};

/**
 * Reads sessions, many at a time: on a cluster each read asks the other nodes, and a session that is used is looked at more
 * than once a second.
 */
export class SessionLooks {
  private waiting: Look[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly store: Store) {}

  /** The session as it is at some moment from now on. */
  async later(key: Key): Promise<SessionRecord | undefined> {
    const look = this.add(key);
    // One more is for what is said of a restore.
    if (this.waiting.length >= limits.readRequests - 1) this.now();
    else this.timer ??= setTimeout(() => this.now(), gathered);
    return look;
  }

  /** Reads what waits. */
  now(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const looks = this.waiting;
    this.waiting = [];
    if (looks.length > 0) void this.read(looks);
  }

  private async add(key: Key): Promise<SessionRecord | undefined> {
    return new Promise((resolve, reject) => this.waiting.push({ key, resolve, reject }));
  }

  private async read(looks: readonly Look[]): Promise<void> {
    try {
      const requests = [...looks.map(({ key }) => ({ key })), { key: keys.importMarker() }];
      const { results } = await this.store.read(requests);
      requireFinished(results.at(-1)?.[0]);
      looks.forEach(({ resolve, reject }, i) => {
        try {
          const entry = results[i]?.[0];
          resolve(entry && records.session.decode(entry.value));
        } catch (error) {
          reject(error);
        }
      });
    } catch (error) {
      for (const { reject } of looks) reject(error);
    }
  }
}
