import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import type { Chat } from '../../src/chat/chat.js';
import { createChat } from '../../src/chat/create-chat.js';
import type { ChatOptions } from '../../src/chat/create-chat.js';
import type { Caller, Event, Page } from '../../src/chat/types.js';
import type { Store } from '../../src/kv/store.js';
import { LmdbStore } from '../../src/kv-lmdb/lmdb-store.js';
import { temporaryFolder } from './temporary-folder.js';

export const password = 'correct horse';

/** Fast, and good enough for passwords that are not secret. */
export const plainHasher = {
  hash: (text: string) => Promise.resolve(`plain ${text}`),
  verify: (stored: string | undefined, text: string) => Promise.resolve(stored === `plain ${text}`),
};

export const silentLogger = { warn: () => undefined, error: () => undefined };

export type TestClock = { now: number; elapsed?: number };

export type TestChat = {
  readonly chat: Chat;
  readonly store: Store;
  /** The clock; tests set it. What lasts is measured by it, too, unless `elapsed` is given. */
  readonly clock: TestClock;
  /** A new account's session. */
  readonly join: (username: string) => Promise<Caller>;
};

/** The domain on a real store of its own. */
export async function startChat(
  options: ChatOptions & { store?: Store; clock?: TestClock } = {},
): Promise<TestChat> {
  const store = options.store ?? (await LmdbStore.open({ folder: await temporaryFolder() }));
  const clock: TestClock = options.clock ?? { now: 1_700_000_000_000 };
  const chat = createChat(
    {
      store,
      hasher: plainHasher,
      now: () => clock.now,
      elapsed: () => clock.elapsed ?? clock.now,
      random: (count) => randomBytes(count),
      logger: silentLogger,
    },
    options,
  );
  await chat.start();
  onTestFinished(async () => {
    await chat.close();
    if (!options.store) await store.close();
  });
  const join = async (username: string) => {
    await chat.accounts.create({ username, password });
    return login(chat, username);
  };
  return { chat, store, clock, join };
}

export async function login(chat: Chat, username: string): Promise<Caller> {
  const { token } = await chat.sessions.login({ username, password, deviceName: '' });
  return chat.sessions.authenticate(token);
}

/** Every item of every page. */
export async function allPages<T>(list: (pageToken: string) => Promise<Page<T>>): Promise<T[]> {
  const all: T[] = [];
  for (let pageToken = ''; ;) {
    const { items, nextPageToken } = await list(pageToken);
    all.push(...items);
    pageToken = nextPageToken;
    if (pageToken === '') return all;
  }
}

let sent = 0;

/** Sends a text to a person; returns its conversation and number. */
export async function say(chat: Chat, caller: Caller, username: string, text: string) {
  sent += 1;
  return chat.messages.send(caller, {
    target: { username },
    text,
    clientMessageId: `test-${sent}`,
    knownSeq: undefined,
  });
}

/** Collects a subscriber's events until one fulfils the condition. */
export class Subscriber {
  readonly events: Event[] = [];
  private readonly stop = new AbortController();
  private readonly stream: AsyncIterator<Event>;

  constructor(
    chat: Chat,
    caller: Caller,
    from: { cursors?: ReadonlyMap<string, number>; resumeToken?: string } = {},
  ) {
    const request = {
      cursors: from.cursors ?? new Map<string, number>(),
      resumeToken: from.resumeToken ?? '',
    };
    this.stream = chat.delivery
      .subscribe(caller, request, { signal: this.stop.signal })
      [Symbol.asyncIterator]();
    onTestFinished(() => this.close());
  }

  async next(): Promise<Event> {
    const result = await this.stream.next();
    if (result.done) throw new Error('the stream has ended');
    this.events.push(result.value);
    return result.value;
  }

  async until(found: (event: Event) => boolean): Promise<Event> {
    for (;;) {
      const event = await this.next();
      if (found(event)) return event;
    }
  }

  /** Until the stream has nothing more to catch up with. */
  async caughtUp(): Promise<Event> {
    await this.until(({ body }) => body.type === 'heartbeat');
    return this.until(({ body }) => body.type === 'heartbeat');
  }

  async message(text: string): Promise<Event> {
    return this.until(({ body }) => body.type === 'message' && body.message.text === text);
  }

  texts(): string[] {
    return this.events.flatMap(({ body }) => (body.type === 'message' ? [body.message.text] : []));
  }

  /** As a caller that is gone. */
  abort(): void {
    this.stop.abort();
  }

  close(): void {
    this.stop.abort();
    void this.stream.return?.();
  }
}
