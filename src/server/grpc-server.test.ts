import { createClient } from '@connectrpc/connect';
import { Http2SessionManager, createGrpcTransport } from '@connectrpc/connect-node';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { MessageService } from '../api/holdfast/v1/message_pb.js';
import type { TakenStream } from '../chat/chat.js';
import { eventually } from '../../test/testkit/deadline.js';
import { CallLimits } from './call-limits.js';
import { CallLog } from './call-log.js';
import { GrpcServer } from './grpc-server.js';
import { defaultLimits } from './limits-config.js';
import { stream } from './route.js';
import type { CallBase, StreamRoute } from './route.js';

type Item = { resumeToken: string };

/** As the domain's streams are. */
function taken(items: AsyncIterableIterator<Item>): TakenStream<Item> {
  return {
    [Symbol.asyncIterator]: () => taken(items),
    next: async () => items.next() as Promise<IteratorResult<Item, undefined>>,
    take: (taker) => {
      items.next().then(
        (next) => taker.resolve(next as IteratorResult<Item, undefined>),
        (error: unknown) => taker.reject(error),
      );
    },
    return: async () => {
      await items.return?.();
      return { done: true, value: undefined };
    },
  };
}

/** So many that a stream which goes on to the end is told from one that stops. */
const many = 50_000;
// The route below asks for nothing else of it.
const limits = new CallLimits(defaultLimits, Date.now);
const noBase = { limits } as unknown as CallBase;

async function serve(route: StreamRoute) {
  const server = new GrpcServer([route], noBase, new CallLog(pino({ level: 'silent' })));
  const port = await server.listen('127.0.0.1', 0);
  onTestFinished(() => server.close(0));
  const baseUrl = `http://127.0.0.1:${port}`;
  const sessionManager = new Http2SessionManager(baseUrl);
  onTestFinished(() => sessionManager.abort());
  const client = createClient(MessageService, createGrpcTransport({ baseUrl, sessionManager }));
  return { client };
}

it('pulls no more of a stream once its caller is gone', async () => {
  const seen = { pulled: 0, ended: false };
  const pull = async function* () {
    try {
      for (; seen.pulled < many; seen.pulled += 1) {
        // As one that has its events in memory: without ever letting others run.
        yield await Promise.resolve({ resumeToken: 'x'.repeat(1_000) });
      }
    } finally {
      seen.ended = true;
    }
  };
  const route = stream(
    MessageService.method.subscribe,
    () => Promise.resolve({ items: taken(pull()) }),
    (event) => event,
  );
  const { client } = await serve(route);
  const leaving = new AbortController();
  const events = client.subscribe({}, { signal: leaving.signal })[Symbol.asyncIterator]();
  expect((await events.next()).done).toBe(false);
  leaving.abort();
  await eventually('the stream has ended', () => seen.ended);
  expect(seen.pulled).toBeLessThan(many);
});

it('ends a stream that waits for its next message once its caller is gone', async () => {
  const seen = { asked: 0, ended: false, told: 0 };
  let finish: (end: IteratorResult<Item, undefined>) => void = () => undefined;
  const idle: AsyncIterableIterator<Item> = {
    [Symbol.asyncIterator]: () => idle,
    next: () => {
      seen.asked += 1;
      return new Promise((resolve) => {
        finish = resolve;
      });
    },
    return: () => {
      seen.ended = true;
      finish({ done: true, value: undefined });
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  const route = stream(
    MessageService.method.subscribe,
    () => Promise.resolve({ items: taken(idle), onEnd: () => (seen.told += 1) }),
    (event) => event,
  );
  const { client } = await serve(route);
  const leaving = new AbortController();
  const events = client.subscribe({}, { signal: leaving.signal })[Symbol.asyncIterator]();
  const waiting = events.next();
  await eventually('the stream is asked for a message', () => seen.asked > 0);
  leaving.abort();
  await expect(waiting).rejects.toThrow();
  await eventually('the stream has ended', () => seen.ended && seen.told > 0);
  expect(seen.told).toBe(1);
});

it('ends a stream whose caller has gone while it was opened', async () => {
  const seen = { opening: false, pulled: 0, told: 0 };
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const items = (async function* () {
    seen.pulled += 1;
    yield await Promise.resolve({ resumeToken: '' });
  })();
  const route = stream(
    MessageService.method.subscribe,
    async () => {
      seen.opening = true;
      await opened;
      return { items: taken(items), onEnd: () => (seen.told += 1) };
    },
    (event) => event,
  );
  const { client } = await serve(route);
  const leaving = new AbortController();
  const waiting = client.subscribe({}, { signal: leaving.signal })[Symbol.asyncIterator]().next();
  await eventually('the stream is being opened', () => seen.opening);
  leaving.abort();
  await expect(waiting).rejects.toThrow();
  await eventually('the server knows that the caller is gone', () => limits.memory.bytes === 0);
  open();
  await eventually('the stream has ended', () => seen.told > 0);
  expect(seen).toMatchObject({ pulled: 0, told: 1 });
});
