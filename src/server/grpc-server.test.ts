import { createClient } from '@connectrpc/connect';
import { Http2SessionManager, createGrpcTransport } from '@connectrpc/connect-node';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { MessageService } from '../api/holdfast/v1/message_pb.js';
import { eventually } from '../../test/testkit/deadline.js';
import { UsageLimits } from './usage-limits.js';
import { CallLog } from './call-log.js';
import { GrpcServer } from './grpc-server.js';
import { defaultLimits } from './limits-config.js';
import { stream } from './route.js';
import type { CallBase } from './route.js';

/** So many that a stream which goes on to the end is told from one that stops. */
const many = 50_000;
// The route below asks for nothing else of it.
const limits = new UsageLimits(defaultLimits, Date.now);
const noBase = { limits } as unknown as CallBase;

it('pulls no more of a stream once its caller is gone', async () => {
  const seen = { pulled: 0, ended: false };
  const route = stream(MessageService.method.subscribe, async function* () {
    try {
      for (; seen.pulled < many; seen.pulled += 1) {
        // As one that has its events in memory: without ever letting others run.
        yield await Promise.resolve({ resumeToken: 'x'.repeat(1_000) });
      }
    } finally {
      seen.ended = true;
    }
  });
  const server = new GrpcServer([route], noBase, new CallLog(pino({ level: 'silent' })));
  const port = await server.listen('127.0.0.1', 0);
  onTestFinished(() => server.close(0));
  const baseUrl = `http://127.0.0.1:${port}`;
  const sessionManager = new Http2SessionManager(baseUrl);
  onTestFinished(() => sessionManager.abort());
  const client = createClient(MessageService, createGrpcTransport({ baseUrl, sessionManager }));
  const leaving = new AbortController();
  const events = client.subscribe({}, { signal: leaving.signal })[Symbol.asyncIterator]();
  expect((await events.next()).done).toBe(false);
  leaving.abort();
  await eventually('the stream has ended', () => seen.ended);
  expect(seen.pulled).toBeLessThan(many);
});
