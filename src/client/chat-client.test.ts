import { create } from '@bufbuild/protobuf';
import { Code, ConnectError, createRouterTransport } from '@connectrpc/connect';
import type { ConnectRouter, Interceptor, ServiceImpl } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { ErrorInfoSchema } from '../api/google/rpc/error_details_pb.js';
import { AccountService } from '../api/holdfast/v1/account_pb.js';
import { MessageService, SubscribeResponseSchema } from '../api/holdfast/v1/message_pb.js';
import { ChatClient } from './chat-client.js';

function refusal(code: Code, reason: string): ConnectError {
  const info = { desc: ErrorInfoSchema, value: { reason, domain: 'holdfast' } };
  return new ConnectError(reason, code, undefined, [info]);
}

/** What a transport does when nobody listens. */
const unreachable: Interceptor = () => () => {
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  throw new ConnectError('refused', Code.Unavailable, undefined, undefined, cause);
};
const down = { interceptors: [unreachable] };
const lost = () => {
  throw new ConnectError('the stream was reset', Code.Unavailable);
};

type Messages = Partial<ServiceImpl<typeof MessageService>>;
type Accounts = Partial<ServiceImpl<typeof AccountService>>;

type Server = { messages?: Messages; accounts?: Accounts; interceptors?: Interceptor[] };

/** A client of servers a, b, …, with a clock that only counts. */
function clientOf(servers: readonly Server[]) {
  const names = servers.map((_, i) => 'abc'[i] ?? '');
  const waits: number[] = [];
  let ids = 0;
  const client = new ChatClient({
    servers: names,
    createTransport: (name) => {
      const { messages = {}, accounts = {}, interceptors = [] } = servers[names.indexOf(name)] ?? {};
      const routes = ({ service }: ConnectRouter) => {
        service(MessageService, messages);
        service(AccountService, accounts);
      };
      return createRouterTransport(routes, { transport: { interceptors } });
    },
    wait: (milliseconds) => {
      waits.push(milliseconds);
      return Promise.resolve();
    },
    random: () => 1,
    newId: () => {
      ids += 1;
      return `id-${ids}`;
    },
  });
  return { client, waits };
}

const request = { target: { case: 'username' as const, value: 'ben' }, text: 'hi' };

describe('ChatClient', () => {
  it('sends a message again elsewhere with the same id when the answer is lost', async () => {
    const seen: string[] = [];
    const { client, waits } = clientOf([
      {
        messages: {
          sendMessage: ({ clientMessageId }) => {
            seen.push(`a ${clientMessageId}`);
            return lost();
          },
        },
      },
      {
        messages: {
          sendMessage: ({ clientMessageId }) => {
            seen.push(`b ${clientMessageId}`);
            return { message: { seq: 7n } };
          },
        },
      },
    ]);
    expect((await client.send(request)).seq).toBe(7n);
    expect(seen).toEqual(['a id-1', 'b id-1']);
    expect(waits).toEqual([100]);
    expect(client.server).toBe('b');
  });

  it('does not repeat what may have been done, but goes on when nothing was', async () => {
    let calls = 0;
    const breaking = {
      accounts: {
        createAccount: () => {
          calls += 1;
          return lost();
        },
      },
    };
    let made = 0;
    const working = {
      accounts: {
        createAccount: () => {
          made += 1;
          return {};
        },
      },
    };
    const call = (servers: readonly Server[]) =>
      clientOf(servers).client.once(({ accounts }, options) => accounts.createAccount({}, options));
    await expect(call([breaking, working])).rejects.toMatchObject({ reason: 'CONNECTION_LOST' });
    expect([calls, made]).toEqual([1, 0]);
    await call([down, working]);
    expect(made).toBe(1);
  });

  it('tells a refusal at once', async () => {
    const taken = () => {
      throw refusal(Code.AlreadyExists, 'USERNAME_TAKEN');
    };
    const { client, waits } = clientOf([{ accounts: { createAccount: taken } }]);
    const call = client.repeat(({ accounts }, options) => accounts.createAccount({}, options));
    await expect(call).rejects.toMatchObject({ reason: 'USERNAME_TAKEN' });
    expect(waits).toEqual([]);
  });

  it('gives up after its patience, with growing pauses', async () => {
    const { client, waits } = clientOf([down, down, down]);
    const call = client.repeat(({ accounts }, options) => accounts.getAccount({}, options));
    await expect(call).rejects.toMatchObject({ reason: 'UNREACHABLE' });
    expect(waits.slice(0, 6)).toEqual([100, 200, 400, 800, 1_600, 2_000]);
    expect(waits.reduce((sum, wait) => sum + wait)).toBeLessThanOrEqual(15_000);
  });

  it('resumes a stream on another server after the last event it was given', async () => {
    const tokens: string[] = [];
    const event = (resumeToken: string) => create(SubscribeResponseSchema, { resumeToken });
    const { client } = clientOf([
      {
        messages: {
          // eslint-disable-next-line @typescript-eslint/require-await -- a stream
          subscribe: async function* ({ resumeToken }) {
            tokens.push(`a ${resumeToken}`);
            yield event('1');
            // Without a place to resume from: the one before holds.
            yield event('');
            throw refusal(Code.Unavailable, 'SHUTTING_DOWN');
          },
        },
      },
      {
        messages: {
          // eslint-disable-next-line @typescript-eslint/require-await -- a stream
          subscribe: async function* ({ resumeToken }) {
            tokens.push(`b ${resumeToken}`);
            yield event('2');
            throw refusal(Code.Unauthenticated, 'SESSION_ENDED');
          },
        },
      },
    ]);
    const states: string[] = [];
    const seen: string[] = [];
    const run = async () => {
      const stream = client.subscribe({}, new AbortController().signal, (state) => states.push(state));
      for await (const { resumeToken } of stream) seen.push(resumeToken);
    };
    await expect(run()).rejects.toMatchObject({ reason: 'SESSION_ENDED' });
    expect(tokens).toEqual(['a ', 'b 1']);
    expect(seen).toEqual(['1', '', '2']);
    expect(states).toEqual(['connected', 'reconnecting', 'connected']);
  });
});
