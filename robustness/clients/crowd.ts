import type { HistoryWriter } from '../history/history-writer.js';
import type { Random } from '../random.js';
import { Caller } from './caller.js';
import { Follower } from './follower.js';
import { LibraryUser } from './library-user.js';
import { Newcomer } from './newcomer.js';
import { NodeChoice } from './node-choice.js';
import { NodeConnection } from './node-connection.js';
import { Person } from './person.js';
import { Recorder } from './recorder.js';
import { Visitor } from './visitor.js';

export type CrowdSetup = {
  /** Of the process; different for each. */
  readonly name: string;
  readonly history: HistoryWriter;
  readonly random: Random;
  /** HOST:PORT of every node. */
  readonly addresses: readonly string[];
  /** People who have accounts; each is used by every process. */
  readonly people: readonly { readonly username: string; readonly password: string }[];
  readonly visitors: number;
  /** Milliseconds between two calls of one client, on average. */
  readonly pause: number;
};

const newcomers = 2;
const followers = 3;
/** Milliseconds that followers may take to have received everything once all is well. */
const patience = 60_000;

type Actor = { act(): Promise<void> };

/** Everybody who uses the cluster from one process. */
export class Crowd {
  private readonly connections: NodeConnection[];
  private readonly actors: Actor[];
  private readonly pauses: Random[];
  private readonly following: Follower[];
  private readonly library: LibraryUser;
  private readonly calmed = new AbortController();
  private readonly ended = new AbortController();
  private acting: Promise<unknown> = Promise.resolve();
  private streams: Promise<unknown> = Promise.resolve();

  constructor(private readonly setup: CrowdSetup) {
    const { name, addresses, people, random, history } = setup;
    this.connections = addresses.map((address) => new NodeConnection(address));
    const recorder = new Recorder(name, history, this.connections);
    const names = people.map(({ username }) => username);
    const persons = people.map((identity) => {
      const own = random.fork(`${name} ${identity.username}`);
      const caller = new Caller(`${name}.${identity.username}`, recorder);
      const peers = names.filter((other) => other !== identity.username);
      return new Person(caller, identity, peers, new NodeChoice(own, addresses.length), own);
    });
    const strangers = Array.from({ length: newcomers }, (_, i) => {
      const own = random.fork(`${name} newcomer ${i}`);
      const caller = new Caller(`${name}.new${i}`, recorder);
      return new Newcomer(caller, random.pick(people), names, new NodeChoice(own, addresses.length), own);
    });
    const visitors = Array.from({ length: setup.visitors }, (_, i) => {
      const own = random.fork(`${name} visitor ${i}`);
      const caller = new Caller(`${name}.visitor${i}`, recorder);
      return new Visitor(caller, random.pick(people), new NodeChoice(own, addresses.length), own);
    });
    this.actors = [...persons, ...strangers, ...visitors];
    this.pauses = this.actors.map((_, i) => random.fork(`pause ${i}`));
    this.following = random.pickSome(people, followers).map((identity) => {
      const own = random.fork(`${name} follows ${identity.username}`);
      const caller = new Caller(`${name}.follows.${identity.username}`, recorder);
      const nodes = new NodeChoice(own, addresses.length);
      return new Follower({ caller, recorder, history, identity, nodes, random: own });
    });
    this.library = new LibraryUser(`${name}.library`, recorder, addresses, random.pick(people), names);
  }

  start(): void {
    const { signal } = this.calmed;
    this.acting = Promise.all([
      ...this.actors.map(async (actor, i) => this.repeat(actor, this.pauses[i])),
      this.library.run(signal),
    ]);
    this.streams = Promise.all(this.following.map(async (follower) => follower.run(this.ended.signal)));
    // Reported by `calm` and `finish`.
    this.acting.catch(() => undefined);
    this.streams.catch(() => undefined);
  }

  /** Resolves when every call has ended. Followers go on. */
  async calm(): Promise<void> {
    this.calmed.abort();
    await this.acting;
  }

  /**
   * Resolves when every follower has the last text of its account's conversations, or waited too long for it.
   * `conversations`: of each username. Returns what was waited for in vain.
   */
  async finish(conversations: Readonly<Record<string, readonly string[]>>): Promise<string[]> {
    const missing = () =>
      this.following.flatMap((follower) =>
        (conversations[follower.username] ?? [])
          .filter((conversation) => !follower.lasts.has(conversation))
          .map((conversation) => `${follower.username} in ${conversation}`),
      );
    const end = performance.now() + patience;
    while (missing().length > 0 && performance.now() < end) await sleep(50);
    this.ended.abort();
    await this.streams;
    for (const connection of this.connections) connection.close();
    return missing();
  }

  private async repeat(actor: Actor, random: Random | undefined): Promise<void> {
    while (!this.calmed.signal.aborted) {
      await actor.act();
      await sleep(2 * this.setup.pause * (random?.next() ?? 0.5));
    }
  }
}

async function sleep(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
