import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { Chat } from '../../src/chat/chat.js';
import { CallLog } from '../../src/server/call-log.js';
import { CallLimits } from '../../src/server/call-limits.js';
import { GrpcServer } from '../../src/server/grpc-server.js';
import { defaultLimits } from '../../src/server/limits-config.js';
import { routes } from '../../src/server/routes.js';
import { requireValidUtf8 } from '../../src/server/strict-utf8.js';
import { startChat } from './test-chat.js';
import type { TestChat } from './test-chat.js';

const refuse = () => Promise.reject(new Error('these servers are no cluster'));
const noCluster = { status: refuse, node: refuse, quotaBytes: 0, leaderChanges: 0, secret: undefined };

/** Serves the domain over gRPC until the test ends; returns HOST:PORT. `callTime`: as of a cluster's node. */
export async function serveChat(
  chat: Chat,
  options: { readonly addresses?: readonly string[]; readonly callTime?: number } = {},
): Promise<string> {
  const { addresses: servers = [], callTime } = options;
  const limits = new CallLimits(defaultLimits, Date.now);
  const base = { chat, cluster: noCluster, addresses: { servers, webServers: [] }, limits, callTime };
  const server = new GrpcServer(routes, base, new CallLog(pino({ level: 'silent' })));
  const address = `127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
  onTestFinished(() => server.close(0));
  return address;
}

/** Servers on one store, as in a cluster; each a HOST:PORT for gRPC. They end with their test. */
export async function startNodes(count: number): Promise<readonly string[]> {
  requireValidUtf8();
  const addresses: string[] = [];
  // Never the same twice, so that what is ordered by time has one order.
  let time = 1_700_000_000_000;
  const clock = {
    get now() {
      return (time += 1);
    },
  };
  let first: TestChat | undefined;
  for (let i = 0; i < count; i += 1) {
    const node = await startChat(first ? { store: first.store, clock } : { clock });
    first ??= node;
    addresses.push(await serveChat(node.chat, { addresses }));
  }
  return addresses;
}
