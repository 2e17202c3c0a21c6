import { Code } from '@connectrpc/connect';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FakeClock } from '../../test/testkit/fake-clock.js';
import { ModelServer } from '../../test/testkit/model-server.js';
import { hang, lost, refusal, transports } from '../../test/testkit/scripted-servers.js';
import type { ScriptedServer } from '../../test/testkit/scripted-servers.js';
import { ChatClient } from './chat-client.js';
import { MemoryOutboxStorage } from './outbox-storage.js';
import type { OutboxRecord, OutboxStorage } from './outbox-storage.js';
import { Outbox } from './outbox.js';

// What may happen to a request. Late ones arrive after their sender has given them up.
const fates = ['done', 'done', 'cut before', 'cut after', 'hangs', 'done, hangs', 'late', 'refused'] as const;

const people = ['ben', 'cat'] as const;

const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('add' as const), to: fc.nat(1), knows: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('say' as const), to: fc.nat(1) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), after: fc.nat(40) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('crash while adding' as const), to: fc.nat(1), after: fc.nat(6) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), time: fc.nat(20_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('join' as const) }) },
);

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A process that uses the storage; when it is dead, nothing that it had begun goes on. */
class Process implements OutboxStorage {
  private dead = false;

  private constructor(private readonly disk: MemoryOutboxStorage) {}

  static async start(world: World) {
    const self = new Process(world.disk);
    const { names, createTransport } = transports(world.servers(() => self.dead));
    const { clock, random } = world;
    const options = { servers: names, createTransport, addresses: 'grpc' as const, clock, random };
    const client = ChatClient.create(options);
    const sender = client.as('token').sender(5_000);
    const outbox = await Outbox.open({ storage: self, sender, clock, random });
    outbox.start();
    return { outbox, die: () => (self.dead = true) };
  }

  load() {
    return this.alive(() => this.disk.load());
  }

  get(key: string) {
    return this.alive(() => this.disk.get(key));
  }

  put(record: OutboxRecord) {
    return this.alive(() => this.disk.put(record));
  }

  remove(key: string) {
    return this.alive(() => this.disk.remove(key));
  }

  /** It may die before the disk is asked, and before the answer. */
  private async alive<T>(act: () => Promise<T>): Promise<T> {
    await this.step();
    const result = await act();
    await this.step();
    return result;
  }

  private async step(): Promise<void> {
    await turns(1);
    if (this.dead) await hang();
  }
}

/** Three servers that serve the same messages, faults, and what is kept when a process dies. */
class World {
  readonly clock = new FakeClock();
  readonly model = new ModelServer();
  readonly disk = new MemoryOutboxStorage();
  readonly random;
  faults = true;
  private ids = 0;

  constructor(private readonly draw: () => number) {
    this.random = { fraction: draw, id: () => `id-${(this.ids += 1)}` };
  }

  servers(isDead: () => boolean): ScriptedServer[] {
    const { model } = this;
    const server: ScriptedServer = {
      messages: {
        sendMessage: (request) => this.befall(isDead, () => model.sendMessage(request)),
        listMessages: (request) => this.befall(isDead, () => model.listMessages(request)),
      },
    };
    return [server, server, server];
  }

  private async befall<T>(isDead: () => boolean, act: () => T): Promise<T> {
    if (isDead()) return hang();
    const fate = this.faults ? fates[Math.floor(this.draw() * fates.length)] : 'done';
    if (fate === 'cut before') return lost();
    if (fate === 'refused') throw refusal(Code.Unavailable, 'STORE_UNAVAILABLE');
    if (fate === 'hangs') return hang();
    if (fate === 'late') await this.clock.wait(this.draw() * 30_000);
    const result = act();
    if (fate === 'cut after') return lost();
    return fate === 'done, hangs' ? hang() : result;
  }
}

/** Numbers from 0 to 1 that a seed decides. */
function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

it('stores each message once, in the order of adding, through failures, crashes and a second process', async () => {
  let crashes = 0;
  let repeats = 0;
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.array(action, { minLength: 5, maxLength: 30 }), async (seed, actions) => {
      const world = new World(draws(seed));
      const { clock, model } = world;
      const processes = [await Process.start(world)];
      const added: { to: string; text: string; promised: boolean }[] = [];
      const add = async (to: string, knows: boolean) => {
        const one = { to, text: `text ${added.length}`, promised: false };
        added.push(one);
        const at = Math.floor(world.random.fraction() * processes.length);
        const knownSeq = knows ? (model.logs.get(to)?.length ?? 0) : undefined;
        await processes[at]?.outbox.add({ target: { username: to }, text: one.text, knownSeq });
        one.promised = true;
      };
      const crash = async () => {
        for (const { die } of processes.splice(0)) die();
        processes.push(await clock.run(Process.start(world)));
        crashes += 1;
      };
      for (const step of actions) {
        const to = people['to' in step ? step.to : 0] ?? 'ben';
        if (step.do === 'add') await clock.run(add(to, step.knows));
        else if (step.do === 'say') model.say(to);
        else if (step.do === 'pass') await clock.pass(step.time);
        else if (step.do === 'join') {
          if (processes.length < 3) processes.push(await clock.run(Process.start(world)));
        } else {
          if (step.do === 'crash while adding') void add(to, false);
          await turns(step.after);
          await crash();
        }
      }
      world.faults = false;
      for (const { outbox } of processes) await outbox.refresh();
      await clock.until('everything is sent', () =>
        processes.every(({ outbox }) => outbox.entries.length === 0),
      );
      expect(await world.disk.load()).toEqual([]);
      // Those that were on their way for long arrive now.
      await clock.pass(60_000);
      for (const person of people) {
        const toThem = added.filter(({ to }) => to === person);
        const stored = model.sentTo(person);
        repeats += stored.length;
        // In order, each at most once; of those that nobody was promised, some may be missing.
        expect(stored).toEqual(toThem.filter(({ text }) => stored.includes(text)).map(({ text }) => text));
        const promised = toThem.filter((one) => one.promised).map(({ text }) => text);
        expect(stored).toEqual(expect.arrayContaining(promised));
      }
      repeats -= model.arrived;
    }),
    { numRuns: 100 },
  );
  // The faults did happen: crashes, and requests that came again.
  expect(crashes).toBeGreaterThan(50);
  expect(-repeats).toBeGreaterThan(150);
});
