import type { HistoryWriter } from '../history/history-writer.js';
import type { Random } from '../random.js';
import type { Fault, FaultKind, FaultParts } from './fault.js';
import { cut, slow } from './network-faults.js';
import { clock, kill, pause, replace, restart, rollingRestart } from './node-faults.js';
import { compact, defragment, quota } from './store-faults.js';

/** These meet one node; several of them can happen at a time. */
const ofOneNode = [
  'kill',
  'pause',
  'cut',
  'cut-out',
  'cut-in',
  'slow',
  'clock',
  'restart',
  'compact',
  'defragment',
] as const;
type OfOneNode = (typeof ofOneNode)[number];

export type ScheduleOptions = {
  readonly kinds: readonly FaultKind[];
  /** Of `moment`: no fault begins after it. */
  readonly until: number;
  readonly now: () => number;
  readonly tell: (line: string) => void;
};

/** Faults one after the other, and several at a time, with quiet times between them. */
export class Schedule {
  private count = 0;
  /** Those that are still to come, so that each kind comes up. */
  private readonly due: FaultKind[];

  constructor(
    private readonly parts: FaultParts,
    private readonly history: HistoryWriter,
    private readonly random: Random,
    private readonly options: ScheduleOptions,
  ) {
    this.due = random.pickSome(options.kinds, options.kinds.length);
  }

  async run(): Promise<void> {
    const { now, until } = this.options;
    while (now() < until) {
      await sleep(this.random.int(1_000, 3_000));
      const faults = this.next();
      await Promise.all(faults.map(async (fault) => this.strike(fault)));
      await this.parts.allHealthy();
    }
  }

  /** What happens next, all at a time. */
  private next(): Fault[] {
    const { cluster } = this.parts;
    const kind = this.due.shift() ?? this.random.pick(this.options.kinds);
    if (!isOfOneNode(kind)) return [this.create(kind, this.random.int(0, cluster.nodes.length))];
    const size = cluster.nodes.length;
    const tolerated = Math.floor((size - 1) / 2);
    // Sometimes more than can be borne: then nothing may be acknowledged, and nothing lost.
    const most = this.random.chance(0.15) ? size : tolerated;
    const numbers = this.random.pickSome(
      cluster.nodes.map(({ number }) => number),
      this.random.int(1, most + 1),
    );
    const others = this.options.kinds.filter(isOfOneNode);
    return numbers.map((number, i) => this.create(i === 0 ? kind : this.random.pick(others), number));
  }

  private create(kind: FaultKind, number: number): Fault {
    const { parts } = this;
    switch (kind) {
      case 'kill':
        return kill(parts, number);
      case 'pause':
        return pause(parts, number);
      case 'cut':
      case 'cut-out':
      case 'cut-in':
        return cut(parts, number, kind);
      case 'slow':
        return slow(parts, number);
      case 'clock':
        return clock(parts, number);
      case 'restart':
        return restart(parts, number);
      case 'rolling-restart':
        return rollingRestart(parts);
      case 'replace':
        return replace(parts, number);
      case 'compact':
        return compact(parts, number);
      case 'defragment':
        return defragment(parts, number);
      case 'quota':
        return quota(parts);
    }
  }

  private async strike(fault: Fault): Promise<void> {
    this.count += 1;
    const { kind, nodes, stops } = fault;
    const record = { type: 'fault' as const, id: `fault-${this.count}`, kind, nodes, stops };
    await sleep(this.random.int(0, 800));
    // Some are over before anybody has given up.
    const held = this.random.chance(0.4) ? this.random.int(800, 5_000) : this.random.int(5_000, 12_000);
    this.options.tell(`${kind} ${nodes.map((number) => `node${number + 1}`).join(', ')}`.trim());
    this.history.add({ ...record, phase: 'begin' });
    try {
      this.history.add({ ...record, phase: 'held', evidence: await fault.begin() });
    } catch (error) {
      // Beside a fault that takes the majority, it can't be done.
      if (kind !== 'compact' && kind !== 'defragment') throw error;
      this.history.add({ ...record, phase: 'end', evidence: `it could not be done: ${String(error)}` });
      return;
    }
    await sleep(held);
    this.history.add({ ...record, phase: 'heal' });
    const healed = await fault.heal();
    this.history.add({ ...record, phase: 'end', evidence: healed });
  }
}

function isOfOneNode(kind: FaultKind): kind is OfOneNode {
  return (ofOneNode as readonly FaultKind[]).includes(kind);
}

async function sleep(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
