import { Code, ConnectError } from '@connectrpc/connect';
import { expect, it } from 'vitest';
import { RetryInfoSchema } from '../../src/api/google/rpc/error_details_pb.js';
import { connect, join, refusalOf } from '../testkit/api-client.js';
import { ServerProcess } from '../testkit/server-process.js';
import { temporaryFolder } from '../testkit/temporary-folder.js';

it('goes on sending while a flood of logins waits, and past a bound is refused', async () => {
  const server = await ServerProcess.start(await temporaryFolder(), {
    config: { limits: { failed_logins: false } },
  });
  const client = connect(server.address);
  const ann = await join(client, 'ann');
  let waiting = 300;
  const refusals: unknown[] = [];
  const flood = Array.from({ length: waiting }, async (_, i) => {
    try {
      await client.sessions.login({ username: `nobody${i}`, password: 'wrong password' });
    } catch (error) {
      refusals.push(error);
    }
    waiting -= 1;
  });
  const target = { case: 'username' as const, value: 'ann' };
  for (let i = 0; i < 20; i += 1) {
    await client.messages.sendMessage({ target, text: 'through', clientMessageId: String(i) }, ann);
  }
  expect(waiting).toBeGreaterThan(0);
  await Promise.all(flood);
  const reasons = await Promise.all(refusals.map((error) => refusalOf(Promise.reject(error as Error))));
  expect(new Set(reasons)).toEqual(
    new Set(['ResourceExhausted PASSWORD_QUEUE_FULL', 'Unauthenticated CREDENTIALS_WRONG']),
  );
  const full = refusals.find((error) => (error as ConnectError).code === Code.ResourceExhausted);
  const [retry] = (full as ConnectError).findDetails(RetryInfoSchema);
  expect(retry?.retryDelay?.seconds).toBe(2n);
});
