import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Caller } from '../clients/caller.js';
import { NodeConnection } from '../clients/node-connection.js';
import { Recorder } from '../clients/recorder.js';
import { Cluster } from '../cluster/cluster.js';
import type { FaultKind } from '../faults/fault.js';
import { StoreFiller } from '../faults/fill.js';
import { Schedule } from '../faults/schedule.js';
import { HistoryWriter } from '../history/history-writer.js';
import { moment } from '../moment.js';
import { Random } from '../random.js';
import { ClientProcesses } from './client-processes.js';
import { readEverything, sendLast } from './final-reads.js';
import { Health } from './health.js';
import { followEverything } from './last-followers.js';
import { createPeople, logInAll } from './people.js';

export type RoundOptions = {
  readonly seed: number;
  readonly nodes: number;
  /** Milliseconds in which faults may begin. */
  readonly duration: number;
  readonly faults: readonly FaultKind[];
  /** Who log in and out again and again, in each process. Default: 1. */
  readonly visitors?: number | undefined;
  /** For everything that it leaves. */
  readonly folder: string;
  /** bin/holdfast.js of the program that is tried. */
  readonly program: string;
  readonly tell: (line: string) => void;
};

export type RoundOutcome = {
  readonly histories: readonly string[];
  readonly logs: readonly string[];
  /** What went wrong beside what the history shows. */
  readonly trouble: readonly string[];
};

const processes = 2;
const people = 6;
/** Milliseconds between two calls of one client, on average: some 120 calls/s of all. */
const pause = 70;
/** Small enough to be filled within seconds. */
const smallQuota = 20 * 1_024 * 1_024;

/** A cluster of its own, its users, the faults, and the reading of what is left. Nothing runs when it has ended. */
export class Round {
  private readonly history: HistoryWriter;
  private readonly paths: string[];
  private readonly clients = new ClientProcesses();
  private readonly connections: NodeConnection[] = [];
  private readonly trouble: string[] = [];
  private cluster: Cluster | undefined;

  private constructor(private readonly options: RoundOptions) {
    const { folder } = options;
    const names = Array.from({ length: processes }, (_, i) => `clients${i + 1}`);
    this.paths = ['run', ...names].map((name) => join(folder, `history-${name}.jsonl`));
    this.history = new HistoryWriter(this.paths[0] ?? '');
  }

  static async run(options: RoundOptions): Promise<RoundOutcome> {
    await mkdir(options.folder, { recursive: true });
    const round = new Round(options);
    const end = () => void round.close().finally(() => process.exit(130));
    process.once('SIGINT', end).once('SIGTERM', end);
    try {
      await round.carryOut();
    } catch (error) {
      round.trouble.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    } finally {
      process.off('SIGINT', end).off('SIGTERM', end);
      await round.close();
    }
    const logs = round.cluster?.nodes.map(({ logPath }) => logPath) ?? [];
    return { histories: round.paths, logs, trouble: round.trouble };
  }

  private async carryOut(): Promise<void> {
    const { seed, nodes, duration, faults, visitors = 1, folder, program, tell } = this.options;
    const random = new Random(seed);
    const quotaBytes = faults.includes('quota') ? smallQuota : undefined;
    this.note('start');
    this.cluster = await Cluster.start({ size: nodes, folder, program, quotaBytes });
    const addresses = this.cluster.nodes.map(({ address }) => address);
    this.connections.push(...addresses.map((address) => new NodeConnection(address)));
    const recorder = new Recorder('run', this.history, this.connections);
    const caller = new Caller('run', recorder);
    const identities = await createPeople(caller, people);
    const logins = await logInAll(caller, identities);
    const [watcher] = logins.values();
    if (!watcher) throw new Error('there is nobody');
    const health = new Health(this.connections, watcher.token);
    await health.all();
    this.clients.launch(processes);
    await this.clients.all((index) => ({
      order: 'start',
      history: this.paths[index + 1] ?? '',
      seed: random.int(0, 2 ** 31),
      name: `clients${index + 1}`,
      addresses,
      people: identities,
      visitors,
      pause,
    }));
    this.note('calls');
    const filler = new StoreFiller(caller, async () => Promise.resolve(watcher), 'p1', nodes);
    const parts = {
      cluster: this.cluster,
      random: random.fork('faults'),
      allHealthy: async () => health.all(),
      filler,
    };
    const until = moment() + duration;
    const schedule = new Schedule(parts, this.history, random.fork('schedule'), {
      kinds: faults,
      until,
      now: moment,
      tell,
    });
    await schedule.run();
    this.note('healed');
    await this.clients.all(() => ({ order: 'calm' }));
    this.note('calm');
    const conversations = await sendLast(caller, logins);
    const answers = await this.clients.all(() => ({ order: 'finish', conversations }));
    for (const { missing = [] } of answers) {
      this.trouble.push(
        ...missing.map((one) => `a follower has waited in vain for the last message: ${one}`),
      );
    }
    this.note('final reads');
    await readEverything(caller, logins, nodes);
    const parties = { recorder, history: this.history };
    for (const one of await followEverything(parties, logins, conversations))
      this.trouble.push(`who followed from the start has waited in vain for the last message: ${one}`);
    this.note('end');
  }

  private note(note: string): void {
    this.history.add({ type: 'note', note });
    this.options.tell(note);
  }

  /** Idempotent. */
  private async close(): Promise<void> {
    await this.clients.close();
    for (const connection of this.connections) connection.close();
    await this.cluster?.close();
    await this.history.close();
  }
}
