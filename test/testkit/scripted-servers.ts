import { Code, ConnectError, createRouterTransport } from '@connectrpc/connect';
import type { ConnectRouter, Interceptor, ServiceImpl, Transport } from '@connectrpc/connect';
import { ErrorInfoSchema, RetryInfoSchema } from '../../src/api/google/rpc/error_details_pb.js';
import { AccountService } from '../../src/api/holdfast/v1/account_pb.js';
import { ClusterService } from '../../src/api/holdfast/v1/cluster_pb.js';
import { ConversationService } from '../../src/api/holdfast/v1/conversation_pb.js';
import { MessageService } from '../../src/api/holdfast/v1/message_pb.js';
import { SessionService } from '../../src/api/holdfast/v1/session_pb.js';
import { ServerList } from '../../src/client/server-list.js';
import type { Random } from '../../src/client/random.js';
import { Failover } from '../../src/client/failover.js';
import type { AddressKind } from '../../src/client/server-discovery.js';
import { FakeClock } from './fake-clock.js';

/** What a server that a test scripts answers; what is left out is UNIMPLEMENTED. */
export type ScriptedServer = {
  readonly messages?: Partial<ServiceImpl<typeof MessageService>>;
  readonly accounts?: Partial<ServiceImpl<typeof AccountService>>;
  readonly sessions?: Partial<ServiceImpl<typeof SessionService>>;
  readonly conversations?: Partial<ServiceImpl<typeof ConversationService>>;
  readonly cluster?: Partial<ServiceImpl<typeof ClusterService>>;
  readonly interceptors?: Interceptor[];
};

/** A refusal as a Holdfast server makes it. `retryAfter`: seconds. */
export function refusal(code: Code, reason: string, retryAfter?: number): ConnectError {
  const info = { desc: ErrorInfoSchema, value: { reason, domain: 'holdfast' } };
  const retry = { desc: RetryInfoSchema, value: { retryDelay: { seconds: BigInt(retryAfter ?? 0) } } };
  return new ConnectError(reason, code, undefined, retryAfter === undefined ? [info] : [info, retry]);
}

/** The connection breaks before the answer. */
export function lost(): never {
  throw new ConnectError('the stream was reset', Code.Unavailable);
}

/** Never answers, like a process that is paused. */
export function hang(): Promise<never> {
  return new Promise(() => undefined);
}

/** Nobody listens. */
export const down: ScriptedServer = {
  interceptors: [
    () => () => {
      const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', syscall: 'connect' });
      throw new ConnectError('refused', Code.Unavailable, undefined, undefined, cause);
    },
  ],
};

/** Connects, and never answers. */
export const paused: ScriptedServer = { interceptors: [() => () => hang()] };

/** Counts up; fractions are 0, so that the first of several is chosen and waits are as long as they get. */
export function plainRandom(): Random {
  let ids = 0;
  return { fraction: () => 0, id: () => `id-${(ids += 1)}` };
}

/** Transports to servers named a, b, c, …; a server may be exchanged meanwhile. */
export function transports(servers: ScriptedServer[]): {
  readonly names: readonly string[];
  readonly createTransport: (server: string) => Transport;
} {
  const names = servers.map((_, i) => String.fromCharCode(97 + i));
  const createTransport = (name: string) => {
    const {
      messages,
      accounts,
      sessions,
      conversations,
      cluster,
      interceptors = [],
    } = servers[names.indexOf(name)] ?? {};
    const routes = ({ service }: ConnectRouter) => {
      service(MessageService, messages ?? {});
      service(AccountService, accounts ?? {});
      service(SessionService, sessions ?? {});
      service(ConversationService, conversations ?? {});
      service(ClusterService, cluster ?? {});
    };
    return createRouterTransport(routes, { transport: { interceptors } });
  };
  return { names, createTransport };
}

/** Calls to scripted servers by a clock that does not wait. */
export function failoverTo(
  servers: ScriptedServer[],
  options: ConstructorParameters<typeof Failover>[1] & {
    onChange?: (servers: readonly string[]) => void;
    addresses?: AddressKind;
  } = {},
) {
  const clock = new FakeClock();
  const random = plainRandom();
  const { names, createTransport } = transports(servers);
  const { onChange, addresses = 'grpc' } = options;
  const list = new ServerList(names, { clock, random, ...(onChange && { onChange }) });
  const failover = new Failover({ servers: list, createTransport, addresses, clock, random }, options);
  return { clock, list, failover };
}
