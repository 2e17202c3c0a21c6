import { Code } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { FakeClock, quiet } from '../../test/testkit/fake-clock.js';
import { plainRandom } from '../../test/testkit/scripted-servers.js';
import { ClientError } from './client-error.js';
import { MemoryOutboxStorage } from './outbox-storage.js';
import type { OutboxRecord } from './outbox-storage.js';
import { Outbox } from './outbox.js';
import type { OutboxEvent } from './outbox.js';
import type { OutboxSender } from './outbox-sender.js';
import type { Message, Target } from './types.js';

const ben = { username: 'ben' };
const cat = { username: 'cat' };

type Request = Parameters<OutboxSender['send']>[0];
type Call = {
  readonly request: Request;
  readonly signal: AbortSignal;
  answer: (with_: Error | number) => void;
};

/** A sender whose answers the test gives, and a storage, to open outboxes on. */
function setUp() {
  const clock = new FakeClock();
  const storage = new MemoryOutboxStorage();
  const calls: Call[] = [];
  const finds: Target[] = [];
  /** What `find` answers. */
  const found = { conversationId: 'c', seq: 7, error: undefined as Error | undefined, none: false };
  const sender: OutboxSender = {
    send: (request, signal) =>
      new Promise((resolve, reject) => {
        const answer = (outcome: Error | number) => {
          if (outcome instanceof Error) reject(outcome);
          else resolve({ seq: outcome, text: request.text, conversationId: 'c' } as Message);
        };
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        calls.push({ request, signal, answer });
      }),
    find: (target) => {
      finds.push(target);
      if (found.error) return Promise.reject(found.error);
      return Promise.resolve(
        found.none ? undefined : { conversationId: found.conversationId, seq: found.seq },
      );
    },
  };
  const random = plainRandom();
  const open = () => Outbox.open({ storage, sender, clock, random });
  const sent = () => calls.map(({ request }) => request.text);
  /** Answers the latest call. */
  const answer = async (outcome: Error | number = 8) => {
    calls.at(-1)?.answer(outcome);
    await quiet();
  };
  return { clock, storage, calls, finds, found, open, sent, answer };
}

const gone = new ClientError(Code.Unavailable, 'CONNECTION_LOST', 'lost');
const refused = new ClientError(Code.FailedPrecondition, 'CONVERSATION_CLOSED', 'closed');
const over = new ClientError(Code.Unauthenticated, 'SESSION_ENDED', 'over');

async function started(setup: ReturnType<typeof setUp>) {
  const outbox = await setup.open();
  outbox.start();
  const events: OutboxEvent[] = [];
  outbox.on((event) => events.push(event));
  const told = () => events.flatMap(({ type }) => (type === 'changed' ? [] : [type]));
  const states = () => outbox.entries.map(({ text, state }) => `${text} ${state}`);
  return { outbox, told, states };
}

describe('adding', () => {
  it('is kept before it is told, and sent, and removed with the answer', async () => {
    const setup = setUp();
    const { outbox, told, states } = await started(setup);
    const entry = await outbox.add({ target: ben, text: 'one' });
    expect(entry).toMatchObject({ text: 'one', state: 'sending', tried: false });
    expect(await setup.storage.load()).toMatchObject([
      { clientMessageId: entry.clientMessageId, text: 'one' },
    ]);
    await quiet();
    expect(states()).toEqual(['one sending']);
    expect(setup.calls[0]?.request).toMatchObject({ text: 'one', clientMessageId: entry.clientMessageId });
    await setup.answer();
    expect(told()).toEqual(['stored']);
    expect([outbox.entries, await setup.storage.load()]).toEqual([[], []]);
  });

  it('refuses texts that no server takes, and keeps nothing', async () => {
    const setup = setUp();
    const { outbox } = await started(setup);
    const cases: [string, string][] = [
      ['', 'TEXT_MISSING'],
      ['x'.repeat(16 * 1_024 + 1), 'TEXT_TOO_LONG'],
      ['ä'.repeat(8 * 1_024 + 1), 'TEXT_TOO_LONG'],
      ['half \ud800', 'TEXT_INVALID'],
    ];
    for (const [text, reason] of cases) {
      await expect(outbox.add({ target: ben, text })).rejects.toMatchObject({ reason });
    }
    await outbox.add({ target: ben, text: 'ä'.repeat(8 * 1_024) });
    expect(await setup.storage.load()).toHaveLength(1);
  });

  it('tells when it can not be kept', async () => {
    const setup = setUp();
    const { outbox } = await started(setup);
    setup.storage.put = () => Promise.reject(new Error('disk full'));
    await expect(outbox.add({ target: ben, text: 'one' })).rejects.toThrow('disk full');
    await quiet();
    expect([outbox.entries, setup.calls]).toEqual([[], []]);
  });
});

describe('order', () => {
  it('holds within a conversation, and different ones go side by side', async () => {
    const setup = setUp();
    const { outbox } = await started(setup);
    // All at once: the order of the calls counts.
    const texts: [Target, string][] = [
      [ben, 'b1'],
      [ben, 'b2'],
      [cat, 'c1'],
      [{ username: 'BEN' }, 'b3'],
    ];
    await Promise.all(texts.map(([target, text]) => outbox.add({ target, text, knownSeq: 0 })));
    await quiet();
    expect(setup.sent()).toEqual(['b1', 'c1']);
    setup.calls[0]?.answer(1);
    await quiet();
    expect(setup.sent()).toEqual(['b1', 'c1', 'b2']);
    await setup.answer();
    expect(setup.sent()).toEqual(['b1', 'c1', 'b2', 'b3']);
  });

  it('holds while an earlier one fails', async () => {
    const setup = setUp();
    const { outbox, states } = await started(setup);
    await outbox.add({ target: ben, text: 'one', knownSeq: 0 });
    await outbox.add({ target: ben, text: 'two', knownSeq: 0 });
    for (let i = 0; i < 3; i += 1) {
      await setup.clock.until('it is tried', () => setup.calls.length > i);
      await setup.answer(gone);
      expect(states()).toEqual(['one waiting', 'two waiting']);
    }
    expect(outbox.entries[0]).toMatchObject({ tried: true, problem: { reason: 'CONNECTION_LOST' } });
    await setup.clock.until('it is tried', () => setup.calls.length > 3);
    await setup.answer(1);
    expect(setup.sent()).toEqual(['one', 'one', 'one', 'one', 'two']);
    expect(new Set(setup.calls.slice(0, 4).map(({ request }) => request.clientMessageId)).size).toBe(1);
  });

  it('holds between the two names of a conversation', async () => {
    const setup = setUp();
    const { outbox } = await started(setup);
    // Nothing tells that they are the same until the first one is stored.
    await outbox.add({ target: ben, text: 'by name', knownSeq: 0 });
    await outbox.add({ target: { conversationId: 'c' }, text: 'by id', knownSeq: 0 });
    await outbox.add({
      target: { conversationId: 'other', username: 'cat' },
      text: 'elsewhere',
      knownSeq: 0,
    });
    await outbox.add({ target: { conversationId: 'c', username: 'Ben' }, text: 'by both', knownSeq: 0 });
    await quiet();
    expect(setup.sent()).toEqual(['by name', 'elsewhere']);
    setup.calls[0]?.answer(1);
    await quiet();
    expect(setup.sent()).toEqual(['by name', 'elsewhere', 'by id']);
    await setup.answer();
    expect(setup.sent()).toEqual(['by name', 'elsewhere', 'by id', 'by both']);
  });

  it('is not waited for once the conversation of a name is known', async () => {
    const setup = setUp();
    const { outbox } = await started(setup);
    await outbox.add({ target: ben, text: 'by name' });
    await outbox.add({ target: { conversationId: 'other' }, text: 'by id', knownSeq: 0 });
    await quiet();
    expect(setup.sent()).toEqual(['by name', 'by id']);
  });

  it('sends to eight conversations at once at most', async () => {
    const setup = setUp();
    const { outbox } = await started(setup);
    for (let i = 0; i < 10; i += 1)
      await outbox.add({ target: { username: `n${i}` }, text: 'x', knownSeq: 0 });
    await quiet();
    expect(setup.calls).toHaveLength(8);
    await setup.answer();
    expect(setup.calls).toHaveLength(9);
  });
});

describe('exactly once', () => {
  it('fixes the known number before the first try, for every later one', async () => {
    const setup = setUp();
    const first = await started(setup);
    await first.outbox.add({ target: ben, text: 'one' });
    await quiet();
    expect(await setup.storage.load()).toMatchObject([
      { knownSeq: 7, tried: true, target: { conversationId: 'c' } },
    ]);
    await first.outbox.close();
    // It was stored as number 8, and the answer lost with the process: a number read now would be too high.
    setup.found.seq = 20;
    const second = await started(setup);
    await quiet();
    expect(setup.finds).toHaveLength(1);
    const [before, after] = setup.calls.map(({ request }) => request);
    expect(after).toEqual(before);
    expect(after).toMatchObject({ knownSeq: 7, target: { conversationId: 'c', username: 'ben' } });
    await second.outbox.close();
  });

  it('takes the number that the caller knows, and 0 for a conversation that does not exist', async () => {
    const setup = setUp();
    setup.found.none = true;
    const { outbox } = await started(setup);
    await outbox.add({ target: { conversationId: 'c', username: 'cat' }, text: 'one', knownSeq: 3 });
    await outbox.add({ target: ben, text: 'two' });
    await quiet();
    expect(setup.finds).toEqual([ben]);
    expect(setup.calls.map(({ request }) => request.knownSeq)).toEqual([3, 0]);
  });

  it('keeps the id and the number of who gives both, also for the same message added again', async () => {
    const setup = setUp();
    const { outbox } = await started(setup);
    for (const answered of [3, 3]) {
      await outbox.add({ target: ben, text: 'hi', clientMessageId: 'mine', knownSeq: 2 });
      await quiet();
      await setup.answer(answered);
    }
    expect(setup.calls.map(({ request }) => [request.clientMessageId, request.knownSeq])).toEqual([
      ['mine', 2],
      ['mine', 2],
    ]);
    expect(setup.finds).toEqual([]);
    await outbox.close();
  });

  it('uses the number of another process that has tried before', async () => {
    const setup = setUp();
    const [first, second] = [await setup.open(), await setup.open()];
    await first.add({ target: ben, text: 'one' });
    await second.refresh();
    first.start();
    await quiet();
    // Stored as 8 by the first process: the second one, which knows of no try, reads 8.
    setup.found.seq = 8;
    second.start();
    await quiet();
    expect(setup.calls.map(({ request }) => request.knownSeq)).toEqual([7, 7]);
  });

  it('does not send before it is written down that it is tried', async () => {
    const setup = setUp();
    const { outbox } = await started(setup);
    const { storage } = setup;
    const put = storage.put.bind(storage);
    let writable = true;
    storage.put = (record) => (writable ? put(record) : Promise.reject(new Error('disk full')));
    setup.found.error = gone;
    await outbox.add({ target: ben, text: 'one' });
    writable = false;
    setup.found.error = undefined;
    await setup.clock.pass(10_000);
    expect(setup.calls).toEqual([]);
    expect(outbox.entries).toMatchObject([{ tried: false, problem: { reason: 'OUTBOX_FAILED' } }]);
    writable = true;
    await setup.clock.until('it is sent', () => setup.calls.length > 0);
  });
});

describe('refusals', () => {
  it('are kept with their reason, and hold nothing back', async () => {
    const setup = setUp();
    const { outbox, told, states } = await started(setup);
    await outbox.add({ target: ben, text: 'one', knownSeq: 0 });
    await outbox.add({ target: ben, text: 'two', knownSeq: 0 });
    await quiet();
    await setup.answer(refused);
    expect(told()).toEqual(['refused']);
    expect(states()).toEqual(['one refused', 'two sending']);
    expect(outbox.entries[0]?.problem).toEqual({ reason: 'CONVERSATION_CLOSED', message: 'closed' });
    await outbox.close();
    const again = await started(setup);
    await quiet();
    expect(again.states()).toEqual(['one refused', 'two sending']);
    expect(setup.sent()).toEqual(['one', 'two', 'two']);
  });

  it('of the person are final too', async () => {
    const setup = setUp();
    setup.found.error = new ClientError(Code.NotFound, 'ACCOUNT_NOT_FOUND', 'nobody');
    const { outbox, states } = await started(setup);
    await outbox.add({ target: { username: 'nobody' }, text: 'one' });
    await quiet();
    expect(states()).toEqual(['one refused']);
  });

  it('may be edited: another id, at the end, as a message that was never tried', async () => {
    const setup = setUp();
    const { outbox, states } = await started(setup);
    const { key, clientMessageId } = await outbox.add({ target: ben, text: 'one', knownSeq: 0 });
    await outbox.add({ target: ben, text: 'two', knownSeq: 0 });
    await quiet();
    await setup.answer(refused);
    const edited = await outbox.edit(key, 'better');
    expect(edited).toMatchObject({ key, text: 'better', problem: undefined, tried: false });
    expect(edited?.clientMessageId).not.toBe(clientMessageId);
    expect(states()).toEqual(['two sending', 'better waiting']);
    await setup.answer();
    expect(setup.calls.at(-1)?.request).toMatchObject({ text: 'better', knownSeq: 7 });
    await expect(outbox.edit('no such key', 'x')).resolves.toBeUndefined();
  });
});

describe('editing and dropping', () => {
  it('edits what was never tried, in its place, and nothing that was', async () => {
    const setup = setUp();
    const waiting = await setup.open();
    const { key } = await waiting.add({ target: ben, text: 'one' });
    await waiting.add({ target: ben, text: 'two' });
    await waiting.edit(key, 'uno');
    expect(waiting.entries.map(({ text }) => text)).toEqual(['uno', 'two']);
    waiting.start();
    await quiet();
    expect(await waiting.edit(key, 'late')).toBeUndefined();
    await setup.answer(gone);
    expect(await waiting.edit(key, 'late')).toBeUndefined();
    await waiting.close();
    // The next process knows too that it was tried.
    expect(await (await setup.open()).edit(key, 'late')).toBeUndefined();
  });

  it('drops what waits, rests or is being sent, and lets the next one go', async () => {
    const setup = setUp();
    const { outbox } = await started(setup);
    const keys: string[] = [];
    for (const text of ['one', 'two', 'three']) {
      keys.push((await outbox.add({ target: ben, text, knownSeq: 0 })).key);
    }
    await quiet();
    await outbox.drop(keys[0] ?? '');
    await quiet();
    expect(setup.calls[0]?.signal.aborted).toBe(true);
    await setup.answer(gone);
    await outbox.drop(keys[1] ?? '');
    await quiet();
    expect(setup.sent()).toEqual(['one', 'two', 'three']);
    expect(await setup.storage.load()).toHaveLength(1);
  });

  it('does not send what another process has dropped, and takes over what it has added', async () => {
    const setup = setUp();
    const [here, there] = [await setup.open(), await setup.open()];
    const dropped = await here.add({ target: ben, text: 'dropped', knownSeq: 0 });
    await here.add({ target: ben, text: 'kept', knownSeq: 0 });
    await there.refresh();
    await here.drop(dropped.key);
    there.start();
    await quiet();
    expect(setup.sent()).toEqual(['kept']);
  });

  it('does not bring back with its refusal what another process has dropped, or given another text', async () => {
    const setup = setUp();
    const { storage } = setup;
    const { outbox, told, states } = await started(setup);
    const { key } = await outbox.add({ target: ben, text: 'dropped' });
    await quiet();
    await storage.remove(key);
    await setup.answer(refused);
    expect([told(), states(), await storage.load()]).toEqual([[], [], []]);
    const edited = await outbox.add({ target: ben, text: 'old' });
    await quiet();
    const kept = await storage.get(edited.key);
    if (kept) await storage.put({ ...kept, clientMessageId: 'another', text: 'new', tried: false });
    await setup.answer(refused);
    await quiet();
    expect([told(), states()]).toEqual([[], ['new sending']]);
  });

  it('comes after what another process has added before', async () => {
    const setup = setUp();
    const [here, there] = [await setup.open(), await setup.open()];
    await here.add({ target: ben, text: 'first', knownSeq: 0 });
    there.start();
    await there.add({ target: ben, text: 'second', knownSeq: 0 });
    await quiet();
    expect(setup.sent()).toEqual(['first']);
    await setup.answer();
    expect(setup.sent()).toEqual(['first', 'second']);
  });
});

describe('waiting', () => {
  it('grows with each failure, obeys the server, and ends with new hope', async () => {
    const setup = setUp();
    const { outbox } = await started(setup);
    await outbox.add({ target: ben, text: 'one', knownSeq: 0 });
    await quiet();
    const busy = new ClientError(Code.ResourceExhausted, 'SEND_QUEUE_FULL', 'busy', { retryDelay: 9_000 });
    const full = new ClientError(Code.ResourceExhausted, 'STORE_FULL', 'full');
    const pauses = [];
    for (const error of [gone, gone, busy, full]) {
      const before = setup.clock.now();
      const count = setup.calls.length;
      await setup.answer(error);
      await setup.clock.until('it is tried again', () => setup.calls.length > count);
      pauses.push(setup.clock.now() - before);
    }
    expect(pauses).toEqual([500, 1_000, 9_000, 4_000]);
    await setup.answer(gone);
    const before = setup.clock.now();
    outbox.wake();
    await quiet();
    expect([setup.calls.length, setup.clock.now()]).toEqual([6, before]);
  });

  it('stops with the session, and keeps everything', async () => {
    const setup = setUp();
    const { outbox, told, states } = await started(setup);
    for (const target of [ben, cat]) await outbox.add({ target, text: 'one', knownSeq: 0 });
    await quiet();
    for (const call of setup.calls) call.answer(over);
    await setup.clock.pass(100_000);
    expect(told()).toEqual(['stopped']);
    expect(states()).toEqual(['one waiting', 'one waiting']);
    expect(setup.calls).toHaveLength(2);
    expect(await setup.storage.load()).toHaveLength(2);
  });

  it('ends when it is closed, with what is under way', async () => {
    const setup = setUp();
    const { outbox } = await started(setup);
    await outbox.add({ target: ben, text: 'one', knownSeq: 0 });
    await quiet();
    await outbox.close();
    await outbox.close();
    expect(setup.calls[0]?.signal.aborted).toBe(true);
    await setup.clock.pass(100_000);
    expect(setup.calls).toHaveLength(1);
    const left: readonly OutboxRecord[] = await setup.storage.load();
    expect(left).toMatchObject([{ text: 'one', tried: true }]);
  });

  it('shows the same entries until something changes', async () => {
    const setup = setUp();
    const outbox = await setup.open();
    await outbox.add({ target: ben, text: 'one' });
    const { entries } = outbox;
    expect(outbox.entries).toBe(entries);
    await outbox.add({ target: ben, text: 'two' });
    expect(outbox.entries).not.toBe(entries);
  });
});
