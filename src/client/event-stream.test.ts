import { create } from '@bufbuild/protobuf';
import { Code } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { failoverTo, hang, lost, refusal } from '../../test/testkit/scripted-servers.js';
import type { ScriptedServer } from '../../test/testkit/scripted-servers.js';
import { SubscribeResponseSchema } from '../api/holdfast/v1/message_pb.js';
import type { SubscribeRequest, SubscribeResponse } from '../api/holdfast/v1/message_pb.js';
import { EventStream } from './event-stream.js';
import type { StreamOptions } from './event-stream.js';
import type { ChatEvent } from './types.js';

const alive = (resumeToken: string) =>
  create(SubscribeResponseSchema, { event: { case: 'heartbeat', value: {} }, resumeToken });

function message(conversationId: string, seq: number, resumeToken: string): SubscribeResponse {
  const value = { conversationId, seq: BigInt(seq) };
  return create(SubscribeResponseSchema, { event: { case: 'message', value }, resumeToken });
}

function resync(conversationId: string, resumeToken: string): SubscribeResponse {
  return create(SubscribeResponseSchema, {
    event: { case: 'resync', value: { conversationId } },
    resumeToken,
  });
}

type Step = SubscribeResponse | (() => unknown);

/** A server whose streams send the steps of one script after the other; functions throw, or never end. */
function streaming(asked: Partial<SubscribeRequest>[], scripts: (readonly Step[])[]): ScriptedServer {
  return {
    messages: {
      subscribe: async function* ({ resumeToken, cursors }) {
        asked.push(resumeToken === '' ? { cursors } : { resumeToken });
        for (const step of scripts.shift() ?? [hang]) {
          if (typeof step === 'function') await step();
          else yield step;
        }
      },
    },
    accounts: { getAccount: () => hang() },
  };
}

const over = () => {
  throw refusal(Code.Unauthenticated, 'SESSION_ENDED');
};
const stopping = () => {
  throw refusal(Code.Unavailable, 'SHUTTING_DOWN');
};

function follow(servers: ScriptedServer[], options: StreamOptions = {}) {
  const { clock, list, failover } = failoverTo(servers);
  const states: string[] = [];
  const seen: string[] = [];
  const onState: StreamOptions['onState'] = (state) => states.push(`${state.state} ${state.server}`);
  const stream = new EventStream(failover, { onState, ...options });
  const stop = new AbortController();
  const run = async () => {
    for await (const event of stream.events(stop.signal)) seen.push(describeEvent(event));
  };
  return { clock, list, failover, stream, stop, states, seen, ended: run() };
}

function describeEvent(event: ChatEvent): string {
  if (event.type === 'message') return `${event.message.conversationId}${event.message.seq}`;
  return event.type === 'resync' ? `resync ${event.conversationId ?? 'all'}` : event.type;
}

describe('EventStream', () => {
  it('resumes on another server after the last event that had a place', async () => {
    const asked: Partial<SubscribeRequest>[] = [];
    const first = streaming(asked, [[alive('1'), message('x', 1, '2'), message('x', 2, ''), stopping]]);
    const second = streaming(asked, [[alive('2'), message('x', 2, '3'), message('x', 3, '4'), over]]);
    const { clock, states, seen, ended } = follow([first, second]);
    await expect(clock.run(ended)).rejects.toMatchObject({ reason: 'SESSION_ENDED' });
    expect(asked).toEqual([{ cursors: {} }, { resumeToken: '2' }]);
    expect(seen).toEqual(['x1', 'x2', 'x3']);
    expect(states).toEqual(['connected a', 'reconnecting a', 'connected b']);
    expect(clock.now()).toBe(0);
  });

  it('drops what is sent again after any number of broken catch-ups', async () => {
    const asked: Partial<SubscribeRequest>[] = [];
    const sent = [message('x', 1, ''), message('y', 1, ''), message('y', 2, ''), message('z', 4, '')];
    const scripts = [
      [alive('t'), ...sent.slice(0, 1), lost],
      [alive('t'), ...sent.slice(0, 3), lost],
      [alive('t'), ...sent, alive('u'), message('z', 5, 'v'), over],
    ];
    const { clock, seen, ended } = follow([streaming(asked, scripts)]);
    await expect(clock.run(ended)).rejects.toMatchObject({ reason: 'SESSION_ENDED' });
    expect(asked.map(({ resumeToken }) => resumeToken)).toEqual([undefined, 't', 't']);
    expect(seen).toEqual(['x1', 'y1', 'y2', 'z4', 'z5']);
  });

  it('goes on in another process, without a double', async () => {
    const asked: Partial<SubscribeRequest>[] = [];
    const once = follow([streaming(asked, [[alive('t'), message('x', 1, ''), message('x', 2, ''), over]])]);
    await expect(once.clock.run(once.ended)).rejects.toMatchObject({ reason: 'SESSION_ENDED' });
    const kept = { resumeToken: 't', delivered: { x: 2 } };
    expect(JSON.parse(JSON.stringify(once.stream.position))).toEqual(kept);
    // The token that a stream begins with stands for nothing new.
    const idle = follow([streaming(asked, [[alive('t'), over]])], { from: kept });
    await expect(idle.clock.run(idle.ended)).rejects.toMatchObject({ reason: 'SESSION_ENDED' });
    const from = idle.stream.position;
    expect(from).toEqual(kept);
    const again = [alive('t'), message('x', 1, ''), message('x', 2, ''), message('x', 3, 'u'), over];
    const { clock, seen, stream, ended } = follow([streaming(asked, [again])], { from });
    await expect(clock.run(ended)).rejects.toMatchObject({ reason: 'SESSION_ENDED' });
    expect(asked).toEqual([{ cursors: {} }, { resumeToken: 't' }, { resumeToken: 't' }]);
    expect(seen).toEqual(['x3']);
    expect(stream.position).toEqual({ resumeToken: 'u', delivered: {} });
  });

  it('begins after known numbers when there is no token', async () => {
    const asked: Partial<SubscribeRequest>[] = [];
    const from = { resumeToken: '', delivered: { x: 7 } };
    const { clock, seen, ended } = follow([streaming(asked, [[alive(''), message('x', 8, ''), over]])], {
      from,
    });
    await expect(clock.run(ended)).rejects.toMatchObject({ reason: 'SESSION_ENDED' });
    expect([asked, seen]).toEqual([[{ cursors: { x: 7n } }], ['x8']]);
  });

  it('lets numbers begin again after a resync', async () => {
    const script = [
      alive('1'),
      message('x', 9, '2'),
      message('y', 9, '3'),
      resync('x', '4'),
      message('x', 1, '5'),
    ];
    const all = [resync('', '6'), message('y', 1, '7'), over];
    const { clock, seen, ended } = follow([streaming([], [[...script, ...all]])]);
    await expect(clock.run(ended)).rejects.toMatchObject({ reason: 'SESSION_ENDED' });
    expect(seen).toEqual(['x9', 'y9', 'resync x', 'x1', 'resync all', 'y1']);
  });

  it.each(['RESUME_TOKEN_INVALID', 'RESUME_TOKEN_MISMATCH'])(
    'begins anew after %s, and says so',
    async (reason) => {
      const asked: Partial<SubscribeRequest>[] = [];
      const unknown = () => {
        throw refusal(Code.InvalidArgument, reason);
      };
      const from = { resumeToken: 'old', delivered: { x: 3 } };
      const scripts = [[unknown], [alive('new'), message('x', 1, 'newer'), over]];
      const { clock, seen, ended } = follow([streaming(asked, scripts)], { from });
      await expect(clock.run(ended)).rejects.toMatchObject({ reason: 'SESSION_ENDED' });
      expect(asked).toEqual([{ resumeToken: 'old' }, { cursors: {} }]);
      expect(seen).toEqual(['resync all', 'x1']);
    },
  );

  it('leaves a server that is silent, also one that never says anything', async () => {
    const asked: Partial<SubscribeRequest>[] = [];
    const servers = [
      streaming(asked, [[alive('1'), hang]]),
      streaming(asked, [[hang]]),
      streaming(asked, [[alive('1'), over]]),
    ];
    const { clock, states, ended } = follow(servers);
    await expect(clock.run(ended)).rejects.toMatchObject({ reason: 'SESSION_ENDED' });
    expect(states).toEqual(['connected a', 'reconnecting a', 'reconnecting b', 'connected c']);
    expect(clock.now()).toBe(40_000 + 5_000);
  });

  it('does not take its consumer for a silent server', async () => {
    const { clock, failover } = failoverTo([streaming([], [[alive('1'), message('x', 1, '2'), over]])]);
    const states: string[] = [];
    const stream = new EventStream(failover, { onState: ({ state }) => states.push(state) });
    const run = async () => {
      for await (const event of stream.events(new AbortController().signal)) {
        expect(event.type).toBe('message');
        await clock.wait(1_000_000);
      }
    };
    await expect(clock.run(run())).rejects.toMatchObject({ reason: 'SESSION_ENDED' });
    expect(states).toEqual(['connected']);
  });

  it('leaves a server that other calls find hanging', async () => {
    const asked: Partial<SubscribeRequest>[] = [];
    const servers = [streaming(asked, [[alive('1'), hang]]), streaming(asked, [[alive('1'), over]])];
    const { clock, failover, states, ended } = follow(servers);
    const outcome = expect(ended).rejects.toMatchObject({ reason: 'SESSION_ENDED' });
    await clock.until('it is connected', () => states.length > 0);
    const call = failover.repeat(({ accounts }, options) => accounts.getAccount({}, options), {
      patience: 0,
    });
    call.catch(() => undefined);
    await clock.run(outcome);
    expect(states).toEqual(['connected a', 'reconnecting a', 'connected b']);
    expect(clock.now()).toBe(3_000);
  });

  it('does not hurry when every connection breaks at once', async () => {
    const asked: Partial<SubscribeRequest>[] = [];
    const breaking = () =>
      streaming(
        asked,
        Array.from({ length: 100 }, () => [alive('1'), lost]),
      );
    const { clock, stop, ended } = follow([breaking(), breaking()]);
    await clock.pass(60_000);
    stop.abort();
    await clock.run(ended);
    expect(asked.length).toBeLessThan(50);
    expect(asked.length).toBeGreaterThan(10);
  });

  it('comes back to a busy server when it asks, and through a failure inside', async () => {
    const asked: Partial<SubscribeRequest>[] = [];
    const busy = () => {
      throw refusal(Code.ResourceExhausted, 'STREAMS_TOO_MANY', 10);
    };
    const failing = () => {
      throw refusal(Code.Internal, 'INTERNAL');
    };
    const { clock, states, ended } = follow([streaming(asked, [[busy], [failing], [alive('1'), over]])]);
    await expect(clock.run(ended)).rejects.toMatchObject({ reason: 'SESSION_ENDED' });
    expect(states).toEqual(['reconnecting a', 'reconnecting a', 'connected a']);
    expect(clock.now()).toBe(10_200);
  });

  it('tries another server after a failure inside one', async () => {
    const failing = () => {
      throw refusal(Code.Internal, 'INTERNAL');
    };
    const servers = [streaming([], [[failing]]), streaming([], [[alive('1'), over]])];
    const { clock, states, ended } = follow(servers);
    await expect(clock.run(ended)).rejects.toMatchObject({ reason: 'SESSION_ENDED' });
    expect(states).toEqual(['reconnecting a', 'connected b']);
  });

  it('ends quietly when it is stopped, whatever it waits for', async () => {
    for (const script of [[hang], [alive('1'), hang], [lost]]) {
      const { clock, stop, ended } = follow([streaming([], [script])]);
      await clock.pass(50);
      stop.abort();
      await clock.run(ended);
      expect(clock.now()).toBe(50);
    }
  });
});
