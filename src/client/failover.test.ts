import { Code, ConnectError } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { down, failoverTo, lost, paused, refusal } from '../../test/testkit/scripted-servers.js';
import type { ScriptedServer } from '../../test/testkit/scripted-servers.js';
import type { CallRules, Failover } from './failover.js';

/** A server that notes what it is asked, then answers, or throws what `answer` throws. */
function server(name: string, asked: string[], answer: () => unknown = () => undefined): ScriptedServer {
  const note = async (method: string) => {
    asked.push(`${name} ${method}`);
    await answer();
    return {};
  };
  return {
    accounts: { getAccount: () => note('get'), createAccount: () => note('create') },
    sessions: {
      listSessions: () => {
        asked.push(`${name} probe`);
        return {};
      },
    },
  };
}

function refuse(code: Code, reason: string, retryAfter?: number) {
  return () => {
    throw refusal(code, reason, retryAfter);
  };
}

function get(failover: Failover, rules?: CallRules) {
  return failover.repeat(({ accounts }, options) => accounts.getAccount({}, options), rules);
}

function createOnce(failover: Failover) {
  return failover.once(({ accounts }, options) => accounts.createAccount({}, options));
}

describe('choosing a server', () => {
  it('leaves one that fails without a pause, and stays with the next', async () => {
    const asked: string[] = [];
    const { clock, failover, list } = failoverTo([server('a', asked, lost), server('b', asked)]);
    for (let i = 0; i < 3; i += 1) await clock.run(get(failover));
    expect(asked).toEqual(['a get', 'b get', 'b get', 'b get']);
    expect(list.all).toEqual(['b', 'a']);
    expect(clock.now()).toBe(0);
  });

  it('loses seconds, not a minute, to servers that hang, and only once', async () => {
    const asked: string[] = [];
    const { clock, failover } = failoverTo([paused, paused, server('c', asked)]);
    await clock.run(get(failover));
    expect(clock.now()).toBe(6_000);
    await clock.run(get(failover));
    expect(clock.now()).toBe(6_000);
  });

  it('does not try what failed lately while another works', async () => {
    const asked: string[] = [];
    let bFails = false;
    const servers = [
      server('a', asked, lost),
      server('b', asked, () => bFails && lost()),
      server('c', asked),
    ];
    const { clock, failover } = failoverTo(servers);
    await clock.run(get(failover));
    bFails = true;
    await clock.run(get(failover));
    expect(asked).toEqual(['a get', 'b get', 'b get', 'c get']);
  });

  it('tries what failed lately when it is all there is, the oldest failure first', async () => {
    const asked: string[] = [];
    const failing = new Set(['a', 'b', 'c']);
    const names = ['a', 'b', 'c'];
    const { clock, failover } = failoverTo(
      names.map((name) => server(name, asked, () => failing.has(name) && lost())),
    );
    await clock.run(get(failover, { patience: 0 })).catch(() => undefined);
    failing.delete('a');
    await clock.run(get(failover));
    expect(asked).toEqual(['a get', 'b get', 'c get', 'a get']);
  });

  it.each(['STORE_UNAVAILABLE', 'SHUTTING_DOWN', 'OUTCOME_UNKNOWN'])(
    'leaves one that says %s',
    async (reason) => {
      const asked: string[] = [];
      const says = refuse(Code.Unavailable, reason);
      const { clock, failover } = failoverTo([server('a', asked, says), server('b', asked)]);
      await clock.run(get(failover));
      expect(asked).toEqual(['a get', 'b get']);
    },
  );

  it('leaves one that something else answers for', async () => {
    for (const code of [Code.PermissionDenied, Code.Unauthenticated, Code.Internal, Code.Unknown]) {
      const asked: string[] = [];
      const proxy = () => {
        throw new ConnectError('HTTP 403', code);
      };
      const { clock, failover } = failoverTo([server('a', asked, proxy), server('b', asked)]);
      await clock.run(get(failover));
      expect(asked).toEqual(['a get', 'b get']);
    }
  });

  it('tells which servers are known whenever that changes, the one in use first', async () => {
    const told: (readonly string[])[] = [];
    const onChange = (servers: readonly string[]) => told.push(servers);
    const { clock, failover, list } = failoverTo([down, server('b', [])], { onChange });
    await clock.run(get(failover));
    await clock.run(get(failover));
    list.learn(['b', 'c', 'a', 'c']);
    list.learn(['c']);
    expect(told).toEqual([
      ['b', 'a'],
      ['b', 'a', 'c'],
    ]);
  });
});

describe('trying again', () => {
  it('waits with growing pauses while nobody can be reached, and gives up after its patience', async () => {
    const { clock, failover } = failoverTo([down, down, down]);
    await expect(clock.run(get(failover))).rejects.toMatchObject({ reason: 'UNREACHABLE' });
    const pauses = clock.waits.filter((wait) => ![3_000, 6_000, 12_000].includes(wait));
    expect(pauses.slice(0, 6)).toEqual([100, 200, 400, 800, 1_600, 2_000]);
    expect(clock.now()).toBeGreaterThan(12_000);
    expect(clock.now()).toBeLessThanOrEqual(15_000);
  });

  it('gives a slow server more time in each round', async () => {
    const asked: string[] = [];
    const { clock, failover } = failoverTo([server('a', asked, () => clock.wait(5_000))]);
    await clock.run(get(failover));
    expect(asked).toEqual(['a get', 'a get']);
  });

  it('tells a refusal at once', async () => {
    const asked: string[] = [];
    const taken = refuse(Code.AlreadyExists, 'USERNAME_TAKEN');
    const { clock, failover } = failoverTo([server('a', asked, taken), server('b', asked)]);
    await expect(clock.run(get(failover))).rejects.toMatchObject({ reason: 'USERNAME_TAKEN' });
    expect(asked).toEqual(['a get']);
  });

  it('gives a busy server the time that it asks for', async () => {
    const asked: string[] = [];
    const busy = refuse(Code.ResourceExhausted, 'SEND_QUEUE_FULL', 2);
    const a = server('a', asked, () => asked.length < 3 && busy());
    const { clock, failover } = failoverTo([a, server('b', asked)]);
    await clock.run(get(failover));
    expect(asked).toEqual(['a get', 'a get', 'a get']);
    expect(clock.now()).toBe(4_000);
  });

  it('does not wait longer for a busy server than its patience', async () => {
    const busy = refuse(Code.ResourceExhausted, 'SEND_QUEUE_FULL', 20);
    const { clock, failover } = failoverTo([server('a', [], busy)]);
    await expect(clock.run(get(failover))).rejects.toMatchObject({ reason: 'SEND_QUEUE_FULL' });
    expect(clock.now()).toBe(0);
  });

  it('that may take long is preceded by a short one where there is another server to go to', async () => {
    const asked: string[] = [];
    const both = failoverTo([paused, server('b', asked)]);
    await both.clock.run(get(both.failover, { deadline: 15_000 }));
    expect(both.clock.now()).toBe(2_000);
    const alone = failoverTo([server('c', asked)]);
    await alone.clock.run(get(alone.failover, { deadline: 15_000 }));
    expect(asked).toEqual(['b probe', 'b get', 'c get']);
  });

  it('ends as soon as its signal aborts', async () => {
    const stop = new AbortController();
    const { clock, failover } = failoverTo([paused, down]);
    const call = get(failover, { signal: stop.signal });
    const outcome = expect(call).rejects.toThrow('enough');
    await clock.pass(1_000);
    stop.abort(new Error('enough'));
    await clock.run(outcome);
    expect(clock.now()).toBe(1_000);
  });
});

describe('a call that must not be made twice', () => {
  it('is not made again when it may have been done', async () => {
    const asked: string[] = [];
    const { clock, failover } = failoverTo([server('a', asked, lost), server('b', asked)]);
    await expect(clock.run(createOnce(failover))).rejects.toMatchObject({ reason: 'CONNECTION_LOST' });
    expect(asked).toEqual(['a probe', 'a create']);
  });

  it('is made elsewhere when nothing was done', async () => {
    const asked: string[] = [];
    const says = refuse(Code.Unavailable, 'STORE_UNAVAILABLE');
    const { clock, failover } = failoverTo([down, server('b', asked, says), server('c', asked)]);
    await clock.run(createOnce(failover));
    expect(asked).toEqual(['b probe', 'b create', 'c probe', 'c create']);
  });

  it('is not given to a server that hangs', async () => {
    const asked: string[] = [];
    const { clock, failover } = failoverTo([paused, server('b', asked)]);
    await clock.run(createOnce(failover));
    expect(asked).toEqual(['b probe', 'b create']);
    expect(clock.now()).toBe(2_000);
  });

  it('is made at once on a server that has just answered', async () => {
    const asked: string[] = [];
    const { clock, failover } = failoverTo([server('a', asked)]);
    await clock.run(get(failover));
    await clock.run(createOnce(failover));
    expect(asked).toEqual(['a get', 'a create']);
  });
});

describe('the end of a session', () => {
  it('is told, and no other server is asked', async () => {
    const asked: string[] = [];
    const ended: string[] = [];
    const over = refuse(Code.Unauthenticated, 'SESSION_ENDED');
    const { clock, failover } = failoverTo([server('a', asked, over), server('b', asked)], {
      token: 'token',
      onSessionOver: ({ reason }) => ended.push(reason),
    });
    await expect(clock.run(get(failover))).rejects.toMatchObject({ sessionOver: true });
    expect([asked, ended]).toEqual([['a get'], ['SESSION_ENDED']]);
  });
});
