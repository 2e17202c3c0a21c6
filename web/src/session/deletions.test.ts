import { Code } from '@connectrpc/connect';
import { describe, expect, it } from 'vitest';
import { ClientError } from '../../../src/client/client-error.js';
import type { Random } from '../../../src/client/random.js';
import { Deletions, undoTime } from './deletions.js';

/** Whose time passes when the test says so. */
class HandClock {
  private at = 0;
  private waiting: { readonly due: number; readonly wake: () => void }[] = [];
  now = () => this.at;
  time = () => this.at;

  wait = (milliseconds: number, signal?: AbortSignal) =>
    new Promise<void>((wake) => {
      this.waiting.push({ due: this.at + milliseconds, wake });
      signal?.addEventListener('abort', () => wake());
    });

  async pass(milliseconds: number): Promise<void> {
    this.at += milliseconds;
    const due = this.waiting.filter((one) => one.due <= this.at);
    this.waiting = this.waiting.filter((one) => one.due > this.at);
    for (const { wake } of due) wake();
    await settle();
  }
}

/** Until what is under way, all of it without a clock or a socket, has ended. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

/** What was deleted; calls fail while `broken`. */
class Server {
  readonly clock = new HandClock();
  readonly done: string[] = [];
  readonly random: Random = { fraction: () => 0, id: () => `id${(this.ids += 1)}` };
  broken = false;
  over = false;
  private ids = 0;

  deleteMessages(request: {
    readonly conversationId: string;
    readonly seqs: readonly number[];
    readonly forEveryone: boolean;
  }): Promise<void> {
    if (this.over) return Promise.reject(new ClientError(Code.Unauthenticated, 'SESSION_ENDED', 'Ended.'));
    if (this.broken) return Promise.reject(new ClientError(Code.Unavailable, 'UNREACHABLE', 'No server.'));
    const { conversationId, seqs, forEveryone } = request;
    this.done.push(`${conversationId} ${seqs.join()} ${forEveryone ? 'all' : 'me'}`);
    return Promise.resolve();
  }
}

class Kept extends Map<string, string> {
  getItem = (key: string) => this.get(key) ?? null;
  setItem = (key: string, value: string) => void this.set(key, value);
  removeItem = (key: string) => void this.delete(key);
  key = (index: number) => [...this.keys()][index] ?? null;
  get length(): number {
    return this.size;
  }
}

function begin() {
  const [server, kept] = [new Server(), new Kept()];
  return { server, kept, deletions: new Deletions(server, kept, 'kept') };
}

describe('deletions', () => {
  it('show at once, and are done after a while', async () => {
    const { server, deletions } = begin();
    deletions.add('c', [3, 4], true);
    deletions.add('c', [5], false);
    const { fate } = deletions.getSnapshot();
    expect([fate('c', 3), fate('c', 5), fate('c', 6), fate('d', 3)]).toEqual([
      'deleted',
      'hidden',
      undefined,
      undefined,
    ]);
    await server.clock.pass(undoTime - 1);
    expect(server.done).toEqual([]);
    await server.clock.pass(1);
    expect(server.done).toEqual(['c 3,4 all', 'c 5 me']);
    expect(deletions.getSnapshot().open).toEqual([]);
    expect(deletions.getSnapshot().fate('c', 3)).toBe('deleted');
  });

  it('are not done once they are undone, and wait while somebody thinks', async () => {
    const { server, deletions } = begin();
    deletions.add('c', [1], true);
    deletions.add('c', [2], true);
    deletions.undoLast();
    const [left] = deletions.getSnapshot().open;
    deletions.pause(left?.key ?? 0);
    await server.clock.pass(undoTime * 2);
    expect(server.done).toEqual([]);
    deletions.resume(left?.key ?? 0);
    await server.clock.pass(undoTime);
    expect(server.done).toEqual(['c 1 all']);
    expect(deletions.getSnapshot().fate('c', 2)).toBeUndefined();
  });

  it('are done when the page is left, or by the next page', async () => {
    const { server, kept, deletions } = begin();
    deletions.add('c', [1], true);
    await deletions.flush();
    expect(server.done).toEqual(['c 1 all']);
    deletions.add('c', [2], false);
    deletions.close();
    // Not before its time is over, as the tab may only have been doubled.
    new Deletions(server, kept, 'kept').start();
    await server.clock.pass(undoTime);
    expect(server.done).toEqual(['c 1 all']);
    await server.clock.pass(3_000);
    expect(server.done).toEqual(['c 1 all', 'c 2 me']);
    expect(kept.size).toBe(0);
  });

  it('that are undone in one tab are not done by another', async () => {
    const { server, kept, deletions } = begin();
    deletions.add('c', [1], true);
    const doubled = new Deletions(server, kept, 'kept');
    doubled.start();
    // Nor when that one is closed.
    await doubled.flush();
    deletions.undoLast();
    await server.clock.pass(undoTime * 3);
    expect(server.done).toEqual([]);
    expect(doubled.getSnapshot().open).toEqual([]);
  });

  it('that two tabs have are done by the one that was asked, once', async () => {
    const { server, kept, deletions } = begin();
    deletions.add('c', [1], true);
    const doubled = new Deletions(server, kept, 'kept');
    doubled.start();
    await server.clock.pass(undoTime);
    expect(server.done).toEqual(['c 1 all']);
    await server.clock.pass(undoTime * 3);
    expect(server.done).toEqual(['c 1 all']);
    expect(doubled.getSnapshot().open).toEqual([]);
    expect(kept.size).toBe(0);
  });

  it('that two tabs both do, as the first was slow, are still no failure', async () => {
    const { server, kept, deletions } = begin();
    server.broken = true;
    deletions.add('c', [1], true);
    const doubled = new Deletions(server, kept, 'kept');
    doubled.start();
    await server.clock.pass(undoTime);
    expect(deletions.getSnapshot().open).toMatchObject([{ state: 'failed' }]);
    server.broken = false;
    await server.clock.pass(undoTime);
    expect(server.done).toEqual(['c 1 all']);
    // The one that failed can be tried again: to delete what is deleted is done.
    deletions.retry(deletions.getSnapshot().open[0]?.key ?? 0);
    await settle();
    expect(deletions.getSnapshot().open).toEqual([]);
    expect(kept.size).toBe(0);
  });

  it('are done in time where the browser keeps nothing', async () => {
    const { server, kept, deletions } = begin();
    kept.setItem = () => undefined;
    deletions.add('c', [1], true);
    await server.clock.pass(undoTime);
    expect(server.done).toEqual(['c 1 all']);
  });

  it('that a session was too short for are done by the next one', async () => {
    const { server, kept, deletions } = begin();
    server.over = true;
    deletions.add('c', [1], true);
    await server.clock.pass(undoTime);
    deletions.close();
    expect(kept.size).toBe(1);
    server.over = false;
    new Deletions(server, kept, 'kept').start();
    await server.clock.pass(0);
    expect(server.done).toEqual(['c 1 all']);
    expect(kept.size).toBe(0);
  });

  it('that fail show the messages again, and can be tried again', async () => {
    const { server, deletions } = begin();
    server.broken = true;
    deletions.add('c', [1], true);
    await deletions.flush();
    const [failed] = deletions.getSnapshot().open;
    expect(failed).toMatchObject({ state: 'failed', problem: 'No server.' });
    expect(deletions.getSnapshot().fate('c', 1)).toBeUndefined();
    server.broken = false;
    deletions.retry(failed?.key ?? 0);
    await settle();
    expect(server.done).toEqual(['c 1 all']);
  });

  it('of many messages take several calls', async () => {
    const { server, deletions } = begin();
    deletions.add(
      'c',
      Array.from({ length: 150 }, (_, i) => i + 1),
      false,
    );
    await deletions.flush();
    expect(server.done.map((call) => call.split(' ')[1]?.split(',').length)).toEqual([100, 50]);
  });
});
