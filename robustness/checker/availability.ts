import type { Call, History } from '../history/history.js';
import type { OperationName } from '../history/record.js';
import { faultsOf, heldFaults } from './refusals.js';
import type { Findings } from './violation.js';

/** Milliseconds for an election, on a machine that has all nodes and all clients on few cores. */
const settling = 5_000;
/** Milliseconds that a fault has to be in force after that, so that enough is called meanwhile. */
const lasting = 1_500;

const writes: ReadonlySet<OperationName> = new Set(['send', 'markRead', 'deleteMessages']);

/** Milliseconds after which who gave up has waited long enough. */
const patience = 1_000;
/** Tries in vain that show something, when none succeeded. */
const enough = 5;

/** What was asked of nodes in a time, and what came of it. */
class Demand {
  /** Streams that something has come with meanwhile. */
  private readonly heard: ReadonlySet<string>;
  private readonly calls: readonly Call[];

  constructor(history: History, from: number, to: number) {
    const events = history.events.filter(({ at }) => at >= from && at <= to);
    this.heard = new Set(events.map(({ id }) => id));
    this.calls = history.calls.filter(
      (call) => this.heard.has(call.id) || (call.start >= from && call.end <= to && !this.tooShort(call)),
    );
  }

  of(node: number): Call[] {
    return this.calls.filter((call) => call.node === node);
  }

  /** Of `status` nothing is learnt: it takes no store. */
  served({ id, outcome, request }: Call): boolean {
    if (request.op === 'subscribe') return this.heard.has(id);
    return outcome === 'ok' && request.op !== 'status';
  }

  /** The node could not do it, though there was time. */
  inVain(call: Call): boolean {
    const { start, end, outcome, reason, request } = call;
    if (reason === 'STORE_UNAVAILABLE') return true;
    const silent = request.op === 'subscribe' ? !this.served(call) : outcome === 'unknown';
    return silent && end - start > patience;
  }

  /** A stream that was given up before anything had to come. */
  private tooShort({ start, end, reason, request }: Call): boolean {
    return request.op === 'subscribe' && reason === '' && end - start <= patience;
  }
}

/**
 * G2: while no more nodes are gone than is borne, every other node serves, whatever is asked of it. Judged where nothing else is going on, in
 * the time from `settling` after the last fault began until the first one is healed.
 */
export function checkAvailability(history: History, size: number, findings: Findings): number {
  const borne = Math.floor((size - 1) / 2);
  const all = faultsOf(history);
  let judged = 0;
  for (const { from, to } of heldFaults(history)) {
    const begin = from + settling;
    if (to - begin < lasting) continue;
    const others = all.filter((fault) => fault.from < to && fault.to > from);
    const gone = new Set(others.filter(({ stops }) => stops).flatMap(({ nodes }) => nodes));
    // Each of these takes nodes away, or the store, at times of its own.
    const unclear = others.some(
      ({ kind, from: began }) =>
        began > from || ['rolling-restart', 'replace', 'quota', 'defragment', 'slow'].includes(kind),
    );
    if (gone.size > borne || unclear) continue;
    judged += 1;
    const demand = new Demand(history, begin, to);
    const names = [...gone].map((other) => `node${other + 1}`).join(', ');
    const meanwhile = gone.size === 0 ? 'no node was gone' : `only ${names} were gone`;
    const left = Array.from({ length: size }, (_, node) => node).filter((node) => !gone.has(node));
    for (const node of left) {
      const calls = demand.of(node);
      const served = calls.filter((call) => demand.served(call));
      const writesInVain = calls.filter((call) => writes.has(call.request.op) && demand.inVain(call));
      if (calls.length >= enough && served.length === 0) {
        const what = `node${node + 1} has served none of ${calls.length} calls while ${meanwhile}`;
        findings.add({ promise: 'G2', kind: 'unavailable', what, at: begin });
      } else if (writesInVain.length >= enough && !served.some(({ request }) => writes.has(request.op))) {
        const what = `node${node + 1} has taken no write while ${meanwhile}`;
        findings.add({ promise: 'G2', kind: 'no-write', what, at: begin });
      } else {
        const others = left.filter((other) => other !== node).flatMap((other) => demand.of(other));
        for (const [op, tries] of inVainOf(demand, calls, others)) {
          const what = `node${node + 1} has done no ${op}, which others did, while ${meanwhile}: ${tries.map(({ id }) => id).join(', ')}`;
          findings.add({ promise: 'G2', kind: 'in-vain', what, at: begin });
        }
      }
    }
  }
  return judged;
}

/** Operations that were tried often enough and never succeeded, though they did elsewhere. */
function inVainOf(
  demand: Demand,
  calls: readonly Call[],
  others: readonly Call[],
): Map<OperationName, readonly Call[]> {
  const found = new Map<OperationName, readonly Call[]>();
  for (const op of new Set(calls.map(({ request }) => request.op))) {
    const own = calls.filter(({ request }) => request.op === op);
    const tries = own.filter((call) => demand.inVain(call));
    const elsewhere = others.some((call) => call.request.op === op && demand.served(call));
    if (tries.length >= enough && elsewhere && !own.some((call) => demand.served(call))) found.set(op, tries);
  }
  return found;
}
