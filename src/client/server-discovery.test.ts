import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { failoverTo, hang, lost } from '../../test/testkit/scripted-servers.js';
import type { ScriptedServer } from '../../test/testkit/scripted-servers.js';
import { SubscribeResponseSchema } from '../api/holdfast/v1/message_pb.js';
import { EventStream } from './event-stream.js';

const alive = () => create(SubscribeResponseSchema, { event: { case: 'heartbeat', value: {} } });

/** Nodes that a server tells of: gRPC address and web address. */
const nodesOf = (...addresses: [string, string][]) => ({
  nodes: addresses.map(([serverAddress, webAddress]) => ({ serverAddress, webAddress })),
});

/** A stream that gives a sign of life every 25 s; `asked` counts the questions about the nodes. */
function follow(status: (asked: number) => unknown, options: { addresses?: 'grpc' | 'web' } = {}) {
  const told: (readonly string[])[] = [];
  const states: string[] = [];
  let asked = 0;
  const server: ScriptedServer = {
    messages: {
      subscribe: async function* () {
        for (;;) {
          yield alive();
          await clock.wait(25_000);
        }
      },
    },
    cluster: { getStatus: () => status((asked += 1)) as object },
  };
  const onChange = (known: readonly string[]) => told.push(known);
  const { clock, list, failover } = failoverTo([server], { onChange, ...options });
  const stop = new AbortController();
  const stream = new EventStream(failover, { onState: ({ state }) => states.push(state) });
  const run = async () => {
    for await (const event of stream.events(stop.signal)) expect(event).toBeUndefined();
  };
  const ended = run();
  const pass = (milliseconds: number) => clock.pass(milliseconds);
  const end = async () => {
    stop.abort();
    await clock.run(ended);
  };
  return { list, told, states, pass, end, asked: () => asked };
}

describe('a stream', () => {
  it.each([
    ['grpc', ['a', 'b:1']],
    ['web', ['a', 'http://a', 'http://b']],
  ] as const)('learns the nodes when it is connected: %s', async (addresses, known) => {
    const nodes = nodesOf(['a', 'http://a'], ['b:1', 'http://b'], ['', '']);
    const { told, list, pass, end } = follow(() => nodes, { addresses });
    await pass(1);
    expect([told, list.all]).toEqual([[known], known]);
    await end();
  });

  it('learns those that have come later, and asks no more than every five minutes', async () => {
    const first = nodesOf(['a', '']);
    const later = nodesOf(['a', ''], ['new:1', '']);
    const { list, pass, end, asked } = follow((count) => (count === 1 ? first : later));
    await pass(299_000);
    expect([asked(), list.all]).toEqual([1, ['a']]);
    await pass(30_000);
    expect([asked(), list.all]).toEqual([2, ['a', 'new:1']]);
    await pass(3_600_000 - 329_000);
    expect(asked()).toBeLessThanOrEqual(13);
    await end();
  });

  it.each([
    ['fails', lost],
    ['hangs', hang],
  ])('stays where it is when that %s, and asks again soon', async (_, trouble) => {
    const { list, states, pass, end, asked } = follow((count) =>
      count < 3 ? trouble() : nodesOf(['b:1', '']),
    );
    await pass(200_000);
    expect([asked(), list.all, states]).toEqual([3, ['a', 'b:1'], ['connected']]);
    await end();
  });
});
