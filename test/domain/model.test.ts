import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ChatError } from '../../src/chat/chat-error.js';
import type { Caller, Message } from '../../src/chat/types.js';
import { LmdbStore } from '../../src/kv-lmdb/lmdb-store.js';
import { Model } from '../testkit/model.js';
import type { Person, Shown, Talk } from '../testkit/model.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';
import { allPages, password, startChat } from '../testkit/test-chat.js';
import type { TestChat } from '../testkit/test-chat.js';

/** Few, so that names and ids meet again. */
const name = fc.constantFrom('ann', 'ann', 'ben', 'ben', 'cat');
const seq = fc.integer({ min: 0, max: 6 });
const pageSize = fc.integer({ min: 1, max: 3 });

const step = fc.oneof(
  { weight: 2, arbitrary: fc.record({ type: fc.constant('create' as const), who: name }) },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('send' as const),
      who: name,
      other: name,
      text: fc.constantFrom('hi', 'yes', 'no'),
      id: fc.constantFrom('1', '2', '3', '4'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('markRead' as const), who: name, other: name, seq }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('delete' as const),
      who: name,
      other: name,
      seqs: fc.uniqueArray(seq, { minLength: 1, maxLength: 3 }),
      forEveryone: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('read' as const), who: name, other: name, pageSize }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('peek' as const), who: name, other: name, third: name }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('remove' as const), who: name }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('remake' as const), who: name }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Runs steps on the domain and on the model, and gives both answers. */
class Pair {
  private readonly model = new Model();
  private readonly callers = new Map<Person, Caller>();
  private readonly ids = new Map<Talk, string>();

  constructor(private readonly real: TestChat) {}

  async take(step: Step): Promise<readonly [unknown, unknown]> {
    this.real.clock.now += 1;
    const { chat } = this.real;
    if (step.type === 'create') return this.create(step.who);
    const person = this.model.person(step.who);
    const caller = person && this.callers.get(person);
    if (!person || !caller) return [0, 0];
    if (step.type === 'remove' || step.type === 'remake') {
      this.model.remove(person);
      const removed = await answer(() => chat.accounts.delete(caller, { password }));
      // Anew at once, so that what still takes the name for the old account is met.
      return step.type === 'remake' && removed === undefined ? this.create(step.who) : [removed, undefined];
    }
    if (step.type === 'send') return this.send(person, caller, step);
    const other = this.model.person(step.other);
    if (step.type === 'peek') {
      const third = this.model.person(step.third);
      const talk = other && third && this.model.talk(other, third);
      const conversationId = talk && this.ids.get(talk);
      if (!talk || conversationId === undefined || talk.members.includes(person)) return [0, 0];
      return [await answer(() => this.history(caller, { conversationId }, 50)), 'CONVERSATION_NOT_FOUND'];
    }
    const talk = other && this.model.talk(person, other);
    // With a name that is somebody's there may be no conversation yet: then nothing is read.
    if (step.type === 'read') {
      if (!other) return [0, 0];
      const read = async () => this.history(caller, { username: step.other }, step.pageSize);
      return [await answer(read), talk ? this.model.read(person, talk) : []];
    }
    const conversationId = talk && this.ids.get(talk);
    if (!talk || conversationId === undefined) return [0, 0];
    if (step.type === 'markRead') {
      return [
        await answer(() => chat.conversations.markRead(caller, { conversationId, seq: step.seq })),
        await answer(() => this.model.markRead(person, talk, step.seq)),
      ];
    }
    return [
      await answer(() => chat.messages.delete(caller, { conversationId, ...step })),
      await answer(() => this.model.delete(person, talk, step.seqs, step.forEveryone)),
    ];
  }

  /** What each living person sees. */
  async compare(): Promise<void> {
    const { chat } = this.real;
    for (const [person, caller] of this.callers) {
      if (!person.alive) continue;
      const { items } = await chat.conversations.list(caller, { pageSize: 0, pageToken: '' });
      const seen = items.map(({ title, headSeq, readSeq, unreadCount, closed, lastMessage }) => ({
        title,
        headSeq,
        readSeq,
        unreadCount,
        closed,
        last: lastMessage?.text,
      }));
      expect(seen).toEqual(this.model.conversations(person));
      const unread = await chat.messages.listUnread(caller, { pageSize: 200, pageToken: '' });
      for (const [talk, id] of this.ids) {
        if (!talk.members.includes(person)) continue;
        expect(await this.history(caller, { conversationId: id }, 2)).toEqual(this.model.read(person, talk));
        const inTalk = unread.items.filter(({ conversationId }) => conversationId === id);
        expect(inTalk.map(show)).toEqual(this.model.unread(person, talk));
      }
    }
  }

  private async create(who: string): Promise<readonly [unknown, unknown]> {
    const real = await answer(() => this.real.join(who));
    const model = await answer(() => this.model.create(who));
    if (typeof real === 'string' || typeof model === 'string') return [real, model];
    this.callers.set(model as Person, real as Caller);
    return [0, 0];
  }

  private async send(person: Person, caller: Caller, step: Extract<Step, { type: 'send' }>) {
    if (this.model.sentToGone(person, step.other, step.id)) return [0, 0] as const;
    const target = { username: step.other };
    const request = { target, text: step.text, clientMessageId: step.id, knownSeq: undefined };
    const real = await answer(() => this.real.chat.messages.send(caller, request));
    const now = this.real.clock.now;
    const model = await answer(() => this.model.send(person, step.other, step.text, step.id, now));
    if (typeof real === 'string' || typeof model === 'string') return [real, model] as const;
    const other = this.model.person(step.other);
    const talk = other && this.model.talk(person, other);
    const message = real as Message;
    if (talk) this.ids.set(talk, message.conversationId);
    return [message.seq, model] as const;
  }

  private async history(
    caller: Caller,
    target: { username: string } | { conversationId: string },
    size: number,
  ): Promise<Shown[]> {
    const all = await allPages((pageToken) =>
      this.real.chat.messages.list(caller, {
        target,
        pageSize: size,
        pageToken,
        beforeSeq: undefined,
        afterSeq: 0,
      }),
    );
    return all.map(show);
  }
}

function show({ seq, sender, text, deleted }: Message): Shown {
  return { seq, sender, text, deleted };
}

/** The result, or the reason for a refusal. */
async function answer(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ChatError) return error.reason;
    throw error;
  }
}

/** Runs that go on side by side: most of the time they wait for the disk. */
const lanes = 8;

async function compareAll(steps: readonly Step[]): Promise<void> {
  const store = await LmdbStore.open({ folder: await temporaryFolder() });
  const real = await startChat({ store });
  try {
    const pair = new Pair(real);
    for (const who of ['ann', 'ben'] as const) await pair.take({ type: 'create', who });
    for (const one of steps) {
      const [actual, expected] = await pair.take(one);
      expect([one, actual]).toEqual([one, expected]);
    }
    await pair.compare();
  } finally {
    await real.chat.close();
    await store.close();
  }
}

it('answers as the model does, whatever several people do in whatever order', async () => {
  // Of what the time limit interrupts, the last run of each lane still has to end.
  const running = new Set<Promise<void>>();
  const property = fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 80 }), async (steps) => {
    const run = compareAll(steps);
    running.add(run);
    await run.finally(() => running.delete(run));
  });
  // As many as go into 20 s; what fails is made smaller for as long.
  const limits = { numRuns: 50, interruptAfterTimeLimit: 20_000 };
  const outcomes = await Promise.allSettled(
    Array.from({ length: lanes }, async () => fc.assert(property, limits)),
  );
  await Promise.allSettled(running);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
});
