import { AccountDeletion } from './account-deletion.js';
import { AccountStore } from './account-store.js';
import { AccountTasks } from './account-tasks.js';
import type { ChatContext } from './chat-context.js';
import type { Chat } from './chat.js';
import { ConversationStore } from './conversation-store.js';
import { ConversationWriters } from './conversation-writers.js';
import { Directory } from './directory.js';
import { Feed } from './feed.js';
import { newAccountId } from './ids.js';
import { keys } from './keys.js';
import { LoginGuard } from './login-guard.js';
import { MessageStore } from './message-store.js';
import { applied, optimistically, readRecord } from './optimistic.js';
import { records } from './records.js';
import { SessionStore } from './session-store.js';
import { Subscriptions } from './subscriptions.js';

const defaultHeartbeat = 25_000;

/** Milliseconds between looks for work that another node has left. */
const defaultSweep = 30_000;

/** Milliseconds until work that failed here is tried again. */
const defaultRetry = 1_000;

export type ChatOptions = {
  /** Milliseconds between a stream's signs of life. Default: 25,000. */
  readonly heartbeat?: number;
  /** Milliseconds between looks for deletions that another node has begun and not finished. Default: 30,000. */
  readonly sweep?: number;
  /** Milliseconds until a deletion or a change of a password that failed half done is tried again. Default: 1,000. */
  readonly retry?: number;
};

/** Puts the domain together. */
export function createChat(context: ChatContext, options: ChatOptions = {}): Chat {
  const guard = new LoginGuard(context);
  const sessions = new SessionStore(context, guard);
  const deletion = new AccountDeletion(context, sessions);
  const tasks = new AccountTasks(context, deletion, {
    sweep: options.sweep ?? defaultSweep,
    retry: options.retry ?? defaultRetry,
  });
  const accounts = new AccountStore(context, sessions, deletion, tasks, guard);
  const conversations = new ConversationStore(context);
  const messages = new MessageStore(context, new Directory(context), new ConversationWriters(context));
  const feed = new Feed(context, () => sessions.forget());
  let incarnation = '';
  const delivery = new Subscriptions(
    context,
    feed,
    sessions,
    conversations,
    () => incarnation,
    options.heartbeat ?? defaultHeartbeat,
  );
  return {
    accounts,
    sessions,
    conversations,
    messages,
    delivery,
    async start() {
      incarnation = await readIncarnation(context);
      await feed.start();
      await tasks.start();
    },
    async close() {
      // First, so that clients go on elsewhere at once.
      delivery.close();
      await tasks.close();
      await feed.close();
    },
  };
}

/** Made when the store is first used. */
async function readIncarnation({ store, random }: ChatContext): Promise<string> {
  return optimistically(async () => {
    const found = await readRecord(store, keys.incarnation(), records.incarnation);
    if (found) return found.record.id;
    const id = newAccountId(random);
    const value = records.incarnation.encode({ id });
    const write = { type: 'put' as const, key: keys.incarnation(), value };
    return (
      applied(
        await store.commit({ checks: [{ key: keys.incarnation(), revision: null }], writes: [write] }),
      ) && id
    );
  });
}
