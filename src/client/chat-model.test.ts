import { create } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { FakeClock, quiet } from '../../test/testkit/fake-clock.js';
import { lost, plainRandom, refusal, transports } from '../../test/testkit/scripted-servers.js';
import type { ScriptedServer } from '../../test/testkit/scripted-servers.js';
import { SubscribeResponseSchema } from '../api/holdfast/v1/message_pb.js';
import type { SubscribeResponse } from '../api/holdfast/v1/message_pb.js';
import { ChatClient } from './chat-client.js';
import { ChatModel } from './chat-model.js';
import { ChatSession } from './chat-session.js';
import { MemoryOutboxStorage } from './outbox-storage.js';

type Event = SubscribeResponse['event'];

/** One conversation, c, of me and ben, on a server whose answers the test gives. */
class Script {
  /** What the conversation holds, and the reader can see. */
  seqs: number[] = [];
  headSeq = 0;
  readSeq = 0;
  /** What has been asked, without arguments. */
  readonly asked: string[] = [];
  /** The number that came with the last message. */
  known: bigint | undefined;
  /** What happens before a call is answered. */
  before: Record<string, () => unknown> = {};
  private readonly streams = new Set<(step: Event | Error) => void>();

  /** Into every open stream. */
  emit(event: Event | Error): void {
    for (const push of this.streams) push(event);
  }

  message(seq: number, text = `text ${seq}`) {
    const senderId = seq % 2 === 0 ? 'me' : 'ben';
    return {
      conversationId: 'c',
      seq: BigInt(seq),
      senderId,
      sender: senderId,
      text,
      clientMessageId: `${seq}`,
      createTime: { seconds: BigInt(seq), nanos: 0 },
    };
  }

  event(seq: number): Event {
    this.seqs.push(seq);
    this.headSeq = seq;
    return create(SubscribeResponseSchema, { event: { case: 'message', value: this.message(seq) } }).event;
  }

  deletion(seq: number): Event {
    this.seqs = this.seqs.filter((one) => one !== seq);
    const value = { conversationId: 'c', seqs: [BigInt(seq)] };
    return create(SubscribeResponseSchema, { event: { case: 'messageDeleted', value } }).event;
  }

  get server(): ScriptedServer {
    const answer = async <T>(method: string, act: () => T): Promise<T> => {
      this.asked.push(method);
      const result = act();
      await this.before[method]?.();
      return result;
    };
    return {
      conversations: {
        listConversations: () =>
          answer('list', () => {
            const last = this.seqs.at(-1);
            if (last === undefined) return {};
            const { headSeq, readSeq } = this;
            const counts = { headSeq: BigInt(headSeq), readSeq: BigInt(readSeq), unreadCount: 0n };
            return { conversations: [{ id: 'c', title: 'ben', ...counts, lastMessage: this.message(last) }] };
          }),
        markRead: ({ seq }) =>
          answer('mark', () => {
            this.readSeq = Number(seq);
            return { readSeq: seq };
          }),
      },
      messages: {
        listMessages: () =>
          answer('read', () => ({ messages: this.seqs.map((seq) => this.message(seq)).reverse() })),
        sendMessage: ({ clientMessageId, knownSeq }) =>
          answer('send', () => {
            this.known = knownSeq;
            const seq = this.headSeq + 2 - (this.headSeq % 2);
            return { message: { ...this.message(seq), clientMessageId } };
          }),
        subscribe: () => this.stream(),
      },
    };
  }

  private async *stream() {
    const steps: (Event | Error)[] = [];
    let wake: () => void = () => undefined;
    const push = (step: Event | Error) => {
      steps.push(step);
      wake();
    };
    this.streams.add(push);
    yield { event: { case: 'heartbeat' as const, value: {} }, resumeToken: 't' };
    for (;;) {
      const step = steps.shift();
      if (step instanceof Error) {
        this.streams.delete(push);
        throw step;
      }
      if (step) yield create(SubscribeResponseSchema, { resumeToken: 't', event: step });
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
}

async function start(script: Script) {
  const clock = new FakeClock();
  const { names, createTransport } = transports([script.server]);
  const random = plainRandom();
  const client = ChatClient.create({ servers: names, createTransport, addresses: 'grpc', clock, random });
  const saved = { username: 'me', accountId: 'me', token: 'token', servers: names };
  const session = await ChatSession.open({ client, saved, storage: new MemoryOutboxStorage() });
  const model = new ChatModel(session);
  model.start();
  await quiet();
  const timeline = model.open({ conversationId: 'c' });
  await quiet();
  const shown = () => timeline.getSnapshot().messages.map(({ seq }) => seq);
  return { clock, session, model, timeline, shown };
}

/** A promise that the test resolves. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

const broken = refusal(Code.Unavailable, 'SHUTTING_DOWN');

describe('what events and readings tell of the same time', () => {
  it('is told once, and what happened during a reading comes after it', async () => {
    const script = new Script();
    for (const seq of [1, 3, 5]) script.event(seq);
    const { open, opened } = gate();
    script.before = { read: () => opened };
    const { model, timeline, shown } = await start(script);
    // The page that is on its way knows of none of this.
    script.emit(script.event(7));
    script.emit(script.deletion(3));
    await quiet();
    expect([shown(), timeline.getSnapshot().loading]).toEqual([[], true]);
    open();
    await quiet();
    expect([shown(), timeline.getSnapshot().loading]).toEqual([[1, 5, 7], false]);
    script.emit(script.event(7));
    await quiet();
    expect(shown()).toEqual([1, 5, 7]);
    await model.close();
  });

  it('includes the answer to what was sent, unless an event has told more', async () => {
    const script = new Script();
    script.event(1);
    const { open, opened } = gate();
    script.before = { send: () => opened };
    const { model, timeline, shown } = await start(script);
    await timeline.send('mine');
    await quiet();
    // Another program of the same person hides it before the answer has come.
    script.emit(script.event(2));
    await quiet();
    expect(shown()).toEqual([1, 2]);
    script.emit(script.deletion(2));
    await quiet();
    open();
    await quiet();
    expect([shown(), timeline.getSnapshot().pending]).toEqual([[1], []]);
    // Events had told everything: nothing was read again.
    expect(script.asked.filter((method) => method === 'read')).toHaveLength(1);
    script.before = {};
    await timeline.send('another');
    await quiet();
    expect(shown()).toEqual([1, 4]);
    expect(model.getSnapshot().conversations).toMatchObject([{ headSeq: 4, lastMessage: { seq: 4 } }]);
    await model.close();
  });

  it('is read again where only an answer told it before the connection broke', async () => {
    const script = new Script();
    script.event(1);
    const { clock, model, timeline, shown } = await start(script);
    await timeline.send('mine');
    await quiet();
    expect(shown()).toEqual([1, 2]);
    // Stored and hidden, and no event will tell.
    script.headSeq = 2;
    script.emit(broken);
    await clock.until(
      'it is connected again',
      () => script.asked.filter((method) => method === 'read').length === 2,
    );
    await quiet();
    expect(shown()).toEqual([1]);
    expect(model.getSnapshot().conversations[0]?.headSeq).toBe(2);
    await model.close();
  });

  it('is forgotten when the servers say so', async () => {
    const script = new Script();
    for (const seq of [1, 3, 5]) script.event(seq);
    const { model, shown } = await start(script);
    expect(shown()).toEqual([1, 3, 5]);
    script.seqs = [1];
    script.headSeq = 1;
    script.emit(create(SubscribeResponseSchema, { event: { case: 'resync', value: {} } }).event);
    await quiet();
    expect(shown()).toEqual([1]);
    expect(model.getSnapshot().conversations).toMatchObject([{ id: 'c', headSeq: 1 }]);
    script.emit(script.event(3));
    await quiet();
    expect(shown()).toEqual([1, 3]);
    await model.close();
  });
});

describe('what fails', () => {
  it('is read when the connection is back', async () => {
    const script = new Script();
    script.event(1);
    script.before = { read: lost };
    const { clock, model, timeline, shown } = await start(script);
    await clock.until('reading fails', () => timeline.getSnapshot().problem !== undefined);
    expect(timeline.getSnapshot()).toMatchObject({ loading: false, problem: { reason: 'CONNECTION_LOST' } });
    script.before = {};
    script.emit(broken);
    await clock.until('it is there', () => shown().length === 1);
    expect(timeline.getSnapshot().problem).toBeUndefined();
    await model.close();
  });

  it('is marked as read at once, and on the servers when they can be reached', async () => {
    const script = new Script();
    script.event(1);
    script.before = { mark: lost };
    const { clock, model, timeline } = await start(script);
    timeline.markRead();
    timeline.markRead();
    expect(model.getSnapshot().conversations).toMatchObject([{ readSeq: 1, unreadCount: 0 }]);
    await clock.pass(60_000);
    const before = script.asked.filter((method) => method === 'mark').length;
    script.before = {};
    script.emit(script.event(3));
    await quiet();
    expect(script.asked.filter((method) => method === 'mark')).toHaveLength(before);
    script.emit(broken);
    await clock.until(
      'it is marked',
      () => script.asked.filter((method) => method === 'mark').length > before,
    );
    expect(script.readSeq).toBe(1);
    await model.close();
  });

  it('is marked as read without a word while the list is not there yet', async () => {
    const script = new Script();
    script.event(1);
    script.before = { list: lost };
    const { model, timeline, shown } = await start(script);
    expect(shown()).toEqual([1]);
    let told = 0;
    // As a page does: each time it is shown, what it shows has been read.
    const stop = timeline.subscribe(() => {
      told += 1;
      if (told < 100) timeline.markRead();
    });
    timeline.markRead();
    await quiet();
    expect(told).toBe(0);
    expect(script.readSeq).toBe(1);
    stop();
    await model.close();
  });

  it('keeps reading the list until it is there', async () => {
    const script = new Script();
    script.event(1);
    script.before = { list: lost };
    const { clock, model } = await start(script);
    await clock.pass(100_000);
    expect(model.getSnapshot()).toMatchObject({ loaded: false, conversations: [] });
    script.before = {};
    await clock.until('it is there', () => model.getSnapshot().loaded);
    expect(model.getSnapshot().conversations).toHaveLength(1);
    await model.close();
  });
});

describe('the number that a message is sent with', () => {
  it('is the last one that is known', async () => {
    const script = new Script();
    script.event(1);
    const { session, model, timeline } = await start(script);
    script.emit(script.event(3));
    await quiet();
    await timeline.send('mine');
    const [entry] = session.outbox.entries;
    expect(entry?.target).toEqual({ conversationId: 'c', username: 'ben' });
    await quiet();
    expect(script.known).toBe(3n);
    // Nothing had to be asked before sending.
    expect(script.asked.filter((method) => method === 'read')).toHaveLength(1);
    await model.close();
  });
});
